#include "model/cpu_bf16.h"

#include <gtest/gtest.h>

#include "finemix/model/device.h"

namespace finemix {
namespace {

TEST(CpuBf16, AmxIsFasterThanAvx512AndIntelsAvx512IsSlowerThanFp32) {
  EXPECT_EQ(rate({}), CpuBf16::kNone);
  EXPECT_EQ(rate({.intel = true}), CpuBf16::kNone);
  EXPECT_EQ(rate({.avx512_bf16 = true}), CpuBf16::kAvx512);
  EXPECT_EQ(rate({.intel = true, .avx512_bf16 = true}), CpuBf16::kAvx512Half);
  EXPECT_EQ(rate({.intel = true, .avx512_bf16 = true, .amx_bf16 = true}), CpuBf16::kAmx);
}

TEST(CpuBf16, AutoTakesItWhereItPays) {
  const c10::Device cpu(c10::kCPU);
  EXPECT_EQ(choose_precision("auto", cpu),
            cpu_bf16() >= CpuBf16::kAvx512 ? Precision::kBf16 : Precision::kFp32);
  EXPECT_EQ(choose_precision("bf16", cpu), Precision::kBf16);
  EXPECT_EQ(choose_precision("fp32", cpu), Precision::kFp32);
}

}  // namespace
}  // namespace finemix
