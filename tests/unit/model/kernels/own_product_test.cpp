// Products by the CPU's wide instructions, against LibTorch's in fp64 on the same numbers.
#include "model/kernels/own_product.h"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "finemix/model/operand.h"
#include "model/kernels/blocked_product.h"

namespace finemix {
namespace {

using own::Avx2Tiles;
using own::Avx512Tiles;
using own::BlockedProduct;
using simd::Bf16;

struct Shape {
  std::int64_t rows, in, out;
};

template <typename T>
constexpr at::ScalarType kType = std::is_same_v<T, float> ? at::kFloat : at::kBFloat16;

class OwnProduct : public ::testing::TestWithParam<Shape> {
 protected:
  void TearDown() override { at::set_num_threads(threads_); }

  // Every product, for several numbers of threads: the same bits, and near the exact one, to
  // `share` of it.
  template <typename Tiles>
  void check(double share) {
    using T = typename Tiles::Element;
    using Product = BlockedProduct<Tiles>;
    const auto [rows, in, out] = GetParam();
    if (!Tiles::available()) GTEST_SKIP() << "this CPU has other products";
    const at::Tensor x = random<T>(rows, in), w = random<T>(out, in), dy = random<T>(rows, out);
    std::vector<at::Tensor> first;
    for (const int threads : {1, 2, 5}) {
      at::set_num_threads(threads);
      const at::Tensor y = empty<T>(rows, out), dx = empty<T>(rows, in), dw = empty<T>(out, in);
      const at::Tensor left = empty<T>(1, own::panel_scratch(rows, out));
      const at::Tensor panels =
          empty<T>(1, std::max(own::panel_scratch(in, out), own::panel_scratch(rows, in)));
      Product::product(data<T>(x), data<T>(w), data<T>(y), rows, in, out, data<T>(panels), nullptr);
      const at::Tensor packed = empty<T>(out, in), from_packed = empty<T>(rows, out);
      Product::pack_weight(data<T>(w), data<T>(packed), in, out);
      Product::product_packed(data<T>(x), data<T>(packed), data<T>(from_packed), rows, in, out);
      EXPECT_TRUE(at::equal(from_packed, y)) << threads << " threads";
      Product::input_gradient(data<T>(dy), data<T>(w), data<T>(dx), rows, in, out, data<T>(panels));
      Product::weight_gradient(data<T>(dy), data<T>(x), data<T>(dw), rows, in, out, data<T>(panels),
                               data<T>(left));
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

  // What layers ask for is what these tiles make, with one scratch memory for all.
  template <typename Tiles>
  void check_is_own() {
    using T = typename Tiles::Element;
    using Product = BlockedProduct<Tiles>;
    const auto [rows, in, out] = GetParam();
    ASSERT_TRUE(own::suits<T>(in, out));
    const at::Tensor x = random<T>(rows, in), w = random<T>(out, in), dy = random<T>(rows, out);
    const at::Tensor y = empty<T>(rows, out), dx = empty<T>(rows, in), dw = empty<T>(out, in);
    const at::Tensor packed = empty<T>(out, in), from_packed = empty<T>(rows, out);
    const at::Tensor scratch = empty<T>(
        1, std::max(own::weight_gradient_scratch(rows, in, out), own::panel_scratch(in, out)));
    own::product(data<T>(x), data<T>(w), data<T>(y), rows, in, out, data<T>(scratch));
    own::pack_weight(data<T>(w), data<T>(packed), in, out);
    own::product_packed(data<T>(x), data<T>(packed), data<T>(from_packed), rows, in, out);
    own::input_gradient(data<T>(dy), data<T>(w), data<T>(dx), rows, in, out, data<T>(scratch));
    own::weight_gradient(data<T>(dy), data<T>(x), data<T>(dw), rows, in, out, data<T>(scratch));
    const at::Tensor same_y = empty<T>(rows, out), same_dx = empty<T>(rows, in);
    const at::Tensor same_dw = empty<T>(out, in);
    const at::Tensor left = empty<T>(1, own::panel_scratch(rows, out));
    Product::product(data<T>(x), data<T>(w), data<T>(same_y), rows, in, out, data<T>(scratch),
                     nullptr);
    Product::input_gradient(data<T>(dy), data<T>(w), data<T>(same_dx), rows, in, out,
                            data<T>(scratch));
    Product::weight_gradient(data<T>(dy), data<T>(x), data<T>(same_dw), rows, in, out,
                             data<T>(scratch), data<T>(left));
    EXPECT_TRUE(at::equal(y, same_y));
    EXPECT_TRUE(at::equal(from_packed, same_y));
    EXPECT_TRUE(at::equal(dx, same_dx));
    EXPECT_TRUE(at::equal(dw, same_dw));
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

TEST_P(OwnProduct, OfFp32ByAvx512) { check<Avx512Tiles<float>>(1e-6); }
TEST_P(OwnProduct, OfFp32ByAvx2) { check<Avx2Tiles>(1e-6); }
// To half a unit in the last of its 8 bits.
TEST_P(OwnProduct, OfBf16) { check<Avx512Tiles<Bf16>>(1.0 / 256); }

// Each sum has one order, so that all tiles make the same bits of fp32.
TEST_P(OwnProduct, OfLayersIsWhatEveryTileMakes) {
  if (!own::suits<float>(32, 32)) GTEST_SKIP() << "this CPU leaves its products to LibTorch";
  if (Avx512Tiles<float>::available()) check_is_own<Avx512Tiles<float>>();
  if (Avx2Tiles::available()) check_is_own<Avx2Tiles>();
  if (Avx512Tiles<Bf16>::available()) check_is_own<Avx512Tiles<Bf16>>();
}
TEST(OwnProductSizes, AreMultiplesOf32) {
  EXPECT_FALSE(own::suits<float>(384, 100));
  EXPECT_FALSE(own::suits<float>(40, 384));
  EXPECT_EQ(own::suits<float>(32, 64), Avx512Tiles<float>::available() || Avx2Tiles::available());
}

// Rows that fill no tile, one row, an odd number; panels of one, two and three vectors.
INSTANTIATE_TEST_SUITE_P(Shapes, OwnProduct,
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
