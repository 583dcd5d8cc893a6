#include "finemix/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

class ParallelTest : public ::testing::Test {
 protected:
  void TearDown() override { set_thread_count(0); }
};

TEST_F(ParallelTest, ThreadCountCanBeSetAndRestored) {
  const int cores = thread_count();
  EXPECT_GE(cores, 1);
  set_thread_count(cores + 3);
  EXPECT_EQ(thread_count(), cores + 3);
  set_thread_count(0);
  EXPECT_EQ(thread_count(), cores);
}

TEST_F(ParallelTest, EveryIndexIsVisitedOnce) {
  for (const int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    for (const std::size_t n : {0, 1, 2, 7, 64, 1000, 1001}) {
      for (const std::size_t grain : {0, 1, 5, 64, 5000}) {
        std::vector<std::atomic<int>> visits(n);
        parallel_for(n, grain, [&](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) ++visits.at(i);
        });
        for (const auto& count : visits) ASSERT_EQ(count, 1) << threads << ' ' << n << ' ' << grain;
      }
    }
  }
}

TEST_F(ParallelTest, OnlyTheLastRangeIsSmallerThanTheGrain) {
  set_thread_count(4);
  std::mutex mutex;
  std::set<std::pair<std::size_t, std::size_t>> ranges;
  parallel_for(1000, 30, [&](std::size_t begin, std::size_t end) {
    const std::lock_guard lock(mutex);
    ranges.emplace(begin, end);
  });
  EXPECT_GT(ranges.size(), 4u);
  for (const auto& [begin, end] : ranges) {
    if (end != 1000) {
      EXPECT_GE(end - begin, 30u);
    }
  }
}

TEST_F(ParallelTest, RangesRunOnSeveralThreads) {
  set_thread_count(2);
  std::atomic<int> arrived{0};
  // Each of the two ranges waits for the other: on one thread this would never end.
  parallel_for(2, 1, [&](std::size_t, std::size_t) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 2);
}

TEST_F(ParallelTest, RethrowsTheFailureThatAPlainLoopWouldMeet) {
  for (const int threads : {1, 2, 5}) {
    set_thread_count(threads);
    for (int round = 0; round < 20; ++round) {
      try {
        parallel_for(1000, 1, [](std::size_t begin, std::size_t end) {
          for (std::size_t i = begin; i < end; ++i) {
            if (i >= 400) throw Error(ErrorKind::kNumeric, std::to_string(i));
          }
        });
        FAIL() << "nothing was thrown";
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kNumeric);
        EXPECT_STREQ(error.what(), "400");
      }
    }
  }
}

TEST_F(ParallelTest, WorksAgainAfterAFailure) {
  set_thread_count(2);
  EXPECT_THROW(parallel_for(8, 1, [](auto, auto) { throw std::runtime_error("x"); }),
               std::runtime_error);
  std::atomic<std::size_t> sum{0};
  parallel_for(8, 1, [&](std::size_t begin, std::size_t end) { sum += end - begin; });
  EXPECT_EQ(sum, 8u);
}

TEST_F(ParallelTest, ALoopInsideALoopStaysOnItsThread) {
  set_thread_count(3);
  std::atomic<int> strangers{0};
  parallel_for(6, 1, [&](auto, auto) {
    const auto self = std::this_thread::get_id();
    parallel_for(100, 1, [&](auto, auto) { strangers += std::this_thread::get_id() != self; });
  });
  EXPECT_EQ(strangers, 0);
}

}  // namespace
}  // namespace finemix
