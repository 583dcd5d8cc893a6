// Products by the CPU's bf16 instructions, against LibTorch's in fp32 on the same numbers.
#include "model/kernels/bf16_product.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "finemix/model/operand.h"

namespace finemix {
namespace {

using simd::Bf16;

struct Shape {
  std::int64_t rows, in, out;
};

class Bf16Product : public ::testing::TestWithParam<Shape> {
 protected:
  void SetUp() override {
    if (!bf16::suits(GetParam().in, GetParam().out)) {
      GTEST_SKIP() << "this CPU has no AVX512_BF16, or AMX, which is left to LibTorch";
    }
  }
  void TearDown() override { at::set_num_threads(threads_); }

  static at::Tensor random(std::int64_t rows, std::int64_t columns) {
    return at::randn({rows, columns}).to(at::kBFloat16);
  }
  static at::Tensor empty(std::int64_t rows, std::int64_t columns) {
    return at::empty({rows, columns}, at::kBFloat16);
  }
  // To half a unit in the last of bf16's 8 bits, and what fp32 sums in another order may add.
  static void expect_rounded(const at::Tensor& found, const at::Tensor& exact) {
    const at::Tensor allowed = exact.abs() / 256 + 1e-4;
    EXPECT_TRUE(((found.to(at::kFloat) - exact).abs() <= allowed).all().item<bool>());
  }

  at::NoGradGuard no_grad_;
  int threads_ = at::get_num_threads();
};

TEST_P(Bf16Product, EveryProductForAnyNumberOfThreads) {
  const auto [rows, in, out] = GetParam();
  const at::Tensor x = random(rows, in), w = random(out, in), dy = random(rows, out);
  at::Tensor first_y, first_dx, first_dw;
  for (const int threads : {1, 2, 5}) {
    at::set_num_threads(threads);
    const at::Tensor y = empty(rows, out), dx = empty(rows, in), dw = empty(out, in);
    const at::Tensor scratch = at::empty({bf16::weight_gradient_scratch(rows, out)}, at::kBFloat16);
    bf16::product(data<Bf16>(x), data<Bf16>(w), data<Bf16>(y), rows, in, out);
    bf16::input_gradient(data<Bf16>(dy), data<Bf16>(w), data<Bf16>(dx), rows, in, out);
    bf16::weight_gradient(data<Bf16>(dy), data<Bf16>(x), data<Bf16>(dw), rows, in, out,
                          data<Bf16>(scratch));
    if (threads == 1) {
      expect_rounded(y, x.to(at::kFloat).matmul(w.to(at::kFloat).t()));
      expect_rounded(dx, dy.to(at::kFloat).matmul(w.to(at::kFloat)));
      expect_rounded(dw, dy.to(at::kFloat).t().matmul(x.to(at::kFloat)));
      first_y = y, first_dx = dx, first_dw = dw;
    }
    EXPECT_TRUE(at::equal(y, first_y)) << threads << " threads";
    EXPECT_TRUE(at::equal(dx, first_dx)) << threads << " threads";
    EXPECT_TRUE(at::equal(dw, first_dw)) << threads << " threads";
  }
}

// Rows that fill no tile, one row, an odd number; panels of one, two and three vectors.
INSTANTIATE_TEST_SUITE_P(Shapes, Bf16Product,
                         ::testing::Values(Shape{1, 32, 32}, Shape{7, 64, 96}, Shape{8, 96, 64},
                                           Shape{33, 128, 160}, Shape{250, 384, 1152},
                                           Shape{101, 768, 352}),
                         [](const auto& test) {
                           const Shape& shape = test.param;
                           return std::to_string(shape.rows) + "x" + std::to_string(shape.in) +
                                  "to" + std::to_string(shape.out);
                         });

}  // namespace
}  // namespace finemix
