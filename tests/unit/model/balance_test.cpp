#include "finemix/model/balance.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include "model_testing.h"

namespace finemix {
namespace {

class Balance : public ::testing::Test {
 protected:
  void TearDown() override { at::set_num_threads(threads_); }

 private:
  int threads_ = at::get_num_threads();
};

TEST_F(Balance, EveryRowIsThereOnce) {
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    for (const std::int64_t rows : {0, 1, 7, 64, 1000}) {
      for (const std::int64_t grain : {1, 8, 2000}) {
        std::vector<std::atomic<int>> met(static_cast<std::size_t>(rows));
        balanced_for(rows, grain, [&](std::int64_t begin, std::int64_t end) {
          EXPECT_LT(begin, end);
          for (std::int64_t row = begin; row < end; ++row) ++met[static_cast<std::size_t>(row)];
        });
        for (const std::atomic<int>& times : met) {
          EXPECT_EQ(times, 1) << threads << " threads, " << rows << " rows, grain " << grain;
        }
      }
    }
  }
}

TEST_F(Balance, WhoIsDoneTakesFromWhoIsNot) {
  // As two threads have it, but one after the other: the first is met before the second began.
  SharedRows rows(100, 2);
  std::vector<std::int64_t> order;
  rows.work(0, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) order.push_back(row);
  });
  ASSERT_EQ(order.size(), 100u);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(order[i], static_cast<std::int64_t>(i));
  EXPECT_EQ(order.back(), 50);  // of the other's rows, those that it would come to last go first
  rows.work(1, 1, [](std::int64_t, std::int64_t) { ADD_FAILURE() << "nothing is left"; });
}

TEST_F(Balance, AThreadThatIsHeldUpIsHelped) {
  at::set_num_threads(2);
  if (!testing::two_threads()) GTEST_SKIP() << "OpenMP has one thread only";
  std::atomic<std::int64_t> by_second{0};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  balanced_for(64, 1, [&](std::int64_t begin, std::int64_t end) {
    if (at::get_thread_num() == 1) {
      by_second += end - begin;
      return;
    }
    // Held up until the other has done its own half and more.
    while (by_second <= 32 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  });
  EXPECT_GT(by_second, 32);
}

TEST_F(Balance, TheLastThreadDoesSomethingElseWhileRowsAreLeft) {
  at::set_num_threads(2);
  if (!testing::two_threads()) GTEST_SKIP() << "OpenMP has one thread only";
  std::atomic<int> rows{0}, beside{0};
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  balanced_for(
      8, 1,
      [&](std::int64_t begin, std::int64_t end) {
        // The first rows are under way until the other thread has begun with something else.
        while (beside < 3 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
        rows += static_cast<int>(end - begin);
      },
      [&] {
        EXPECT_EQ(at::get_thread_num(), 1);
        return ++beside < 1'000'000'000;  // never done
      });
  EXPECT_EQ(rows, 8);
  EXPECT_GE(beside, 3);
}

TEST_F(Balance, ALoopInsideALoopIsItsThreadsAlone) {
  at::set_num_threads(2);
  if (!testing::two_threads()) GTEST_SKIP() << "OpenMP has one thread only";
  std::atomic<int> pieces{0};
  balanced_for(2, 1, [&](std::int64_t, std::int64_t) {
    const int thread = at::get_thread_num();
    balanced_for(64, 1, [&](std::int64_t begin, std::int64_t end) {
      ++pieces;
      EXPECT_EQ(begin, 0);
      EXPECT_EQ(end, 64);
      EXPECT_EQ(at::get_thread_num(), thread);
    });
  });
  EXPECT_EQ(pieces, 2);
}

TEST_F(Balance, AFailureIsTheCallers) {
  at::set_num_threads(2);
  EXPECT_THROW(balanced_for(64, 1,
                            [](std::int64_t begin, std::int64_t) {
                              if (begin == 0) throw std::runtime_error("row 0");
                            }),
               std::runtime_error);
}

}  // namespace
}  // namespace finemix
