// Products by the CPU's wide instructions, against LibTorch's in fp64 on the same numbers.
#include "model/kernels/avx512_product.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <type_traits>
#include <vector>

#include "finemix/model/operand.h"

namespace finemix {
namespace {

using simd::Bf16;

struct Shape {
  std::int64_t rows, in, out;
};

template <typename T>
constexpr at::ScalarType kType = std::is_same_v<T, float> ? at::kFloat : at::kBFloat16;

class Avx512Product : public ::testing::TestWithParam<Shape> {
 protected:
  void TearDown() override { at::set_num_threads(threads_); }

  // Every product, for several numbers of threads: the same bits, and near the exact one, to
  // `share` of it.
  template <typename T>
  void check(double share) {
    const auto [rows, in, out] = GetParam();
    if (!avx512::suits<T>(in, out)) GTEST_SKIP() << "this CPU leaves these products to LibTorch";
    const at::Tensor x = random<T>(rows, in), w = random<T>(out, in), dy = random<T>(rows, out);
    std::vector<at::Tensor> first;
    for (const int threads : {1, 2, 5}) {
      at::set_num_threads(threads);
      const at::Tensor y = empty<T>(rows, out), dx = empty<T>(rows, in), dw = empty<T>(out, in);
      const at::Tensor scratch = empty<T>(1, avx512::weight_gradient_scratch(rows, in, out));
      const at::Tensor panels = empty<T>(1, avx512::panel_scratch(in, out));
      avx512::product(data<T>(x), data<T>(w), data<T>(y), rows, in, out, data<T>(panels));
      const at::Tensor packed = empty<T>(out, in), from_packed = empty<T>(rows, out);
      avx512::pack_weight(data<T>(w), data<T>(packed), in, out);
      avx512::product_packed(data<T>(x), data<T>(packed), data<T>(from_packed), rows, in, out);
      EXPECT_TRUE(at::equal(from_packed, y)) << threads << " threads";
      avx512::input_gradient(data<T>(dy), data<T>(w), data<T>(dx), rows, in, out, data<T>(panels));
      avx512::weight_gradient(data<T>(dy), data<T>(x), data<T>(dw), rows, in, out,
                              data<T>(scratch));
      if (threads == 1) {
        expect_near(y, exact(x).matmul(exact(w).t()), share);
        expect_near(dx, exact(dy).matmul(exact(w)), share);
        expect_near(dw, exact(dy).t().matmul(exact(x)), share);
        first = {y, dx, dw};
      }
      EXPECT_TRUE(at::equal(y, first[0])) << threads << " threads";
      EXPECT_TRUE(at::equal(dx, first[1])) << threads << " threads";
      EXPECT_TRUE(at::equal(dw, first[2])) << threads << " threads";
    }
  }

 private:
  template <typename T>
  static at::Tensor random(std::int64_t rows, std::int64_t columns) {
    return at::randn({rows, columns}).to(kType<T>);
  }
  template <typename T>
  static at::Tensor empty(std::int64_t rows, std::int64_t columns) {
    return at::empty({rows, columns}, kType<T>);
  }
  static at::Tensor exact(const at::Tensor& matrix) { return matrix.to(at::kDouble); }
  // What fp32 sums of up to 1152 numbers may err by comes on top.
  static void expect_near(const at::Tensor& found, const at::Tensor& exact, double share) {
    const at::Tensor allowed = exact.abs() * share + 4e-4;
    EXPECT_TRUE(((found.to(at::kDouble) - exact).abs() <= allowed).all().item<bool>());
  }

  at::NoGradGuard no_grad_;
  int threads_ = at::get_num_threads();
};

TEST_P(Avx512Product, OfFp32) { check<float>(1e-6); }
// To half a unit in the last of its 8 bits.
TEST_P(Avx512Product, OfBf16) { check<Bf16>(1.0 / 256); }

// Rows that fill no tile, one row, an odd number; panels of one, two and three vectors.
INSTANTIATE_TEST_SUITE_P(Shapes, Avx512Product,
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
