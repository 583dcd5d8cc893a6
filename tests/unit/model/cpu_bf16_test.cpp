#include "model/cpu_bf16.h"

#include <gtest/gtest.h>

#include "finemix/model/device.h"

namespace finemix {
namespace {

TEST(CpuBf16, AmxIsFasterThanAvx512AndIntelsAvx512IsSlowerThanFp32) {
  EXPECT_EQ(bf16_of({}), CpuBf16::kNone);
  EXPECT_EQ(bf16_of({.intel = true}), CpuBf16::kNone);
  EXPECT_EQ(bf16_of({.avx512_bf16 = true}), CpuBf16::kAvx512);
  EXPECT_EQ(bf16_of({.intel = true, .avx512_bf16 = true}), CpuBf16::kAvx512Half);
  EXPECT_EQ(bf16_of({.intel = true, .avx512_bf16 = true, .amx_bf16 = true}), CpuBf16::kAmx);
}

TEST(CpuBf16, TrainingTakesItWhereItIsFasterThanFp32) {
  EXPECT_FALSE(pays(CpuBf16::kNone));
  EXPECT_FALSE(pays(CpuBf16::kAvx512Half));
  EXPECT_TRUE(pays(CpuBf16::kAvx512));
  EXPECT_TRUE(pays(CpuBf16::kAmx));
  const c10::Device cpu(c10::kCPU);
  EXPECT_EQ(choose_precision("auto", cpu) == Precision::kBf16, pays(cpu_bf16()));
  EXPECT_EQ(choose_precision("bf16", cpu), Precision::kBf16);
  EXPECT_EQ(choose_precision("fp32", cpu), Precision::kFp32);
}

}  // namespace
}  // namespace finemix
