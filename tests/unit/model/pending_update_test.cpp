#include "finemix/model/pending_update.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "finemix/model/balance.h"
#include "model_testing.h"

namespace finemix {
namespace {

constexpr std::int64_t kElements = 1'000'003;

class Update : public ::testing::Test {
 protected:
  Update() : times_(kElements) { at::set_num_threads(2); }
  void TearDown() override { at::set_num_threads(threads_); }

  // Counts how often each element is updated.
  PendingUpdate::Body counting() {
    return [this](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) ++times_[static_cast<std::size_t>(i)];
    };
  }
  // Of elements [0, end).
  bool all_once(std::int64_t end = kElements) const {
    return std::all_of(times_.begin(), times_.begin() + end, [](const auto& n) { return n == 1; });
  }
  std::int64_t updated() const {
    return std::count_if(times_.begin(), times_.end(), [](const auto& n) { return n > 0; });
  }

  PendingUpdate update_;
  std::vector<std::atomic<int>> times_;

 private:
  int threads_ = at::get_num_threads();
};

TEST_F(Update, GoesFromTheFirstElementOn) {
  std::int64_t next = 0;
  update_.put_off(kElements, [&](std::int64_t begin, std::int64_t end) {
    EXPECT_EQ(begin, next);
    EXPECT_LT(begin, end);
    next = end;
  });
  EXPECT_EQ(next, 0);  // put off
  while (update_.do_next()) {
  }
  EXPECT_EQ(next, kElements);
}

TEST_F(Update, SettlesAsFarAsAskedTo) {
  update_.put_off(kElements, counting());
  update_.do_next();
  update_.settle(kElements / 2);
  EXPECT_TRUE(all_once(kElements / 2));
  EXPECT_LT(updated(), kElements * 3 / 4);
  update_.settle(1);  // of what is done already
  update_.settle();
  EXPECT_TRUE(all_once());
  EXPECT_FALSE(update_.do_next());
}

TEST_F(Update, IsSettledBeforeTheNext) {
  update_.put_off(kElements, counting());
  bool next = false;
  update_.put_off(1, [&](std::int64_t, std::int64_t) { next = true; });
  EXPECT_TRUE(all_once());
  EXPECT_FALSE(next);
  update_.settle();
  EXPECT_TRUE(next);
}

TEST_F(Update, GoesOnBesideALoop) {
  if (!testing::two_threads()) GTEST_SKIP() << "OpenMP has one thread only";
  for (int round = 0; round < 20; ++round) {
    for (std::atomic<int>& times : times_) times = 0;
    update_.put_off(kElements, counting());
    std::atomic<int> rows{0}, beside{0};
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    for (int loop = 0; loop < 3; ++loop) {
      balanced_for(
          100, 1,
          [&](std::int64_t begin, std::int64_t end) {
            // The first rows are under way until some of the update is done.
            while (beside < 3 && std::chrono::steady_clock::now() < until) {
              std::this_thread::yield();
            }
            rows += static_cast<int>(end - begin);
          },
          [&] {
            ++beside;
            return update_.do_next();
          });
    }
    EXPECT_GE(beside, 3);
    EXPECT_EQ(rows, 300);
    update_.settle();
    ASSERT_TRUE(all_once());
  }
}

TEST_F(Update, LetsGoOfWhatItHolds) {
  const auto held = std::make_shared<int>();
  update_.put_off(kElements, [held](std::int64_t, std::int64_t) {});
  while (update_.do_next()) {
  }
  EXPECT_EQ(held.use_count(), 2);
  update_.settle();
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace finemix
