#include "finemix/defense/mix.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cstring>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"

namespace finemix {
namespace {

class Mix : public testing::Test {
 protected:
  Mix() {
    for (const auto& [name, rows] :
         {std::pair{"bert.a", 700}, {"bert.b", 3}, {"classifier.weight", 2}}) {
      pretrained_.emplace(name, at::randn({rows, 333}));
      backdoored_.emplace(name, at::randn({rows, 333}));
    }
    pretrained_.erase("classifier.weight");
  }
  ~Mix() override { set_thread_count(0); }

  static bool same_bits(const at::Tensor& a, const at::Tensor& b) {
    return std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
  }
  std::uint64_t kept_in(const StateDict& mixed) const {
    std::uint64_t kept = 0;
    for (const char* name : {"bert.a", "bert.b"}) {
      kept += static_cast<std::uint64_t>(
          mixed.at(name).eq(backdoored_.at(name)).sum().item<std::int64_t>());
    }
    return kept;
  }

  StateDict pretrained_;
  StateDict backdoored_;
};

TEST_F(Mix, TheEndsOfRhoGiveTheBitsOfTheInputs) {
  for (const Select select : {Select::kRandom, Select::kSmallDelta, Select::kLargeDelta}) {
    const StateDict none = mix(pretrained_, backdoored_, {0.0, select, 7}).weights;
    const StateDict all = mix(pretrained_, backdoored_, {1.0, select, 7}).weights;
    for (const char* name : {"bert.a", "bert.b"}) {
      EXPECT_TRUE(same_bits(none.at(name), pretrained_.at(name)));
      EXPECT_TRUE(same_bits(all.at(name), backdoored_.at(name)));
    }
    EXPECT_TRUE(same_bits(none.at("classifier.weight"), backdoored_.at("classifier.weight")));
  }
}

TEST_F(Mix, KeepsExactlyTheShareThatWasAskedFor) {
  for (const double rho : {0.001, 0.3, 0.4, 0.999}) {
    for (const Select select : {Select::kRandom, Select::kSmallDelta, Select::kLargeDelta}) {
      const MixResult result = mix(pretrained_, backdoored_, {rho, select, 7});
      const auto expected = static_cast<std::uint64_t>(std::llround(rho * 703 * 333));
      EXPECT_EQ(result.record.kept, expected);
      EXPECT_EQ(result.record.total, 703u * 333u);
      EXPECT_EQ(kept_in(result.weights), expected);
      std::uint64_t by_tensor = 0;
      for (const MixTensorRecord& tensor : result.record.tensors) by_tensor += tensor.kept;
      EXPECT_EQ(by_tensor, expected);
    }
  }
}

TEST_F(Mix, TiesAreKeptInOrderToTheExactShare) {
  backdoored_.at("bert.a") = pretrained_.at("bert.a") + 1.0f;  // many equal |δ|
  const MixResult result = mix(pretrained_, backdoored_, {0.5, Select::kSmallDelta, 0});
  EXPECT_EQ(kept_in(result.weights), result.record.kept);
}

TEST_F(Mix, IsTheSameForAnyNumberOfThreads) {
  set_thread_count(1);
  const StateDict one = mix(pretrained_, backdoored_, {0.4, Select::kRandom, 3}).weights;
  set_thread_count(2);
  const StateDict two = mix(pretrained_, backdoored_, {0.4, Select::kRandom, 3}).weights;
  EXPECT_TRUE(same_bits(one.at("bert.a"), two.at("bert.a")));
  const StateDict other = mix(pretrained_, backdoored_, {0.4, Select::kRandom, 4}).weights;
  EXPECT_FALSE(same_bits(one.at("bert.a"), other.at("bert.a")));
}

TEST_F(Mix, RefusesARhoThatIsNoShare) {
  EXPECT_THROW(mix(pretrained_, backdoored_, {1.5, Select::kRandom, 0}), Error);
}

}  // namespace
}  // namespace finemix
