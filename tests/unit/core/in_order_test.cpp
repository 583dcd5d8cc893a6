#include "finemix/core/in_order.h"

#include <gtest/gtest.h>

#include <atomic>
#include <numeric>

#include "finemix/core/error.h"

namespace finemix {
namespace {

std::vector<std::size_t> first_numbers(std::size_t n) {
  std::vector<std::size_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

TEST(RunInOrder, EveryConsumerSeesWhatWasMadeInOrder) {
  for (const std::size_t workers : {1u, 2u, 5u}) {
    for (const std::size_t slots : {1u, 3u, 8u}) {
      std::vector<std::size_t> buffers(slots);
      std::vector<std::size_t> first, second;
      const auto see = [&](std::vector<std::size_t>& seen) {
        return [&](const InOrderItem& item) {
          EXPECT_LT(item.worker, workers);
          seen.push_back(buffers[item.slot]);
        };
      };
      run_in_order({.items = 300, .slots = slots, .workers = workers},
                   [&](const InOrderItem& item) { buffers[item.slot] = item.index; },
                   {see(first), see(second)});
      EXPECT_EQ(first, first_numbers(300));
      EXPECT_EQ(second, first);
    }
  }
}

TEST(RunInOrder, MakesEveryItemWithoutConsumers) {
  std::atomic<std::size_t> sum{0};
  run_in_order({.items = 100, .slots = 2, .workers = 3},
               [&](const InOrderItem& item) { sum += item.index; }, {});
  EXPECT_EQ(sum, 4950u);
}

TEST(RunInOrder, NothingToDoIsDone) {
  run_in_order({.items = 0, .slots = 2, .workers = 3}, [](const InOrderItem&) { FAIL(); }, {});
}

TEST(RunInOrder, AFailureOfAnyPartEndsTheOthers) {
  const auto fail_at = [](std::size_t index) {
    return [index](const InOrderItem& item) {
      if (item.index == index) throw Error(ErrorKind::kFile, "failed");
    };
  };
  const auto nothing = [](const InOrderItem&) {};
  for (const std::size_t workers : {1u, 4u}) {
    const InOrderOptions options{.items = 1000, .slots = 4, .workers = workers};
    EXPECT_THROW(run_in_order(options, fail_at(7), {nothing, nothing}), Error);
    EXPECT_THROW(run_in_order(options, nothing, {nothing, fail_at(0)}), Error);
    EXPECT_THROW(run_in_order(options, nothing, {fail_at(999)}), Error);
  }
}

}  // namespace
}  // namespace finemix
