// Every target over its seeds, with any compiler: what scripts/fuzz begins with.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "../unit/io/cost_testing.h"
#include "../unit/io/io_testing.h"
#include "targets.h"

namespace finemix {
namespace {

class FuzzTargets : public ::testing::TestWithParam<fuzz::Target> {};

TEST_P(FuzzTargets, AcceptTheirExample) {
  const testing::TemporaryDirectory directory;
  EXPECT_TRUE(fuzz::accepts(GetParam(), directory.path(), GetParam().example));
}

TEST_P(FuzzTargets, AcceptOrRefuseEachSeed) {
  const testing::TemporaryDirectory directory;
  for (const fuzz::Seed& seed : fuzz::seeds(GetParam())) {
    SCOPED_TRACE(seed.name);
    const testing::Cost cost = testing::cost_of(
        [&] { EXPECT_NO_THROW(fuzz::accepts(GetParam(), directory.path(), seed.bytes)); });
    EXPECT_LE(cost.seconds, 1);
    EXPECT_LE(cost.bytes, seed.bytes.size() + (64 << 20));
  }
}

INSTANTIATE_TEST_SUITE_P(Each, FuzzTargets, ::testing::ValuesIn(fuzz::targets()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace finemix
