// The kernels that other devices than the CPU use, run on the CPU, against the CPU's own.
#include "model/kernels/composed.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "finemix/text/encoded_texts.h"
#include "model/kernels/activation.h"

namespace finemix {
namespace {

constexpr std::int64_t kHidden = 48;
constexpr std::int64_t kHeads = 4;
const std::vector<std::int64_t> kLengths = {5, 33, 1, 18};

void expect_near(const at::Tensor& a, const at::Tensor& b, const char* what) {
  EXPECT_LT((a.to(at::kFloat) - b.to(at::kFloat)).abs().max().item<float>(), 3e-5f) << what;
}

PackedBatch make_batch() {
  EncodedTexts texts;
  for (const std::int64_t length : kLengths) {
    const at::Tensor drawn = at::randint(0, 50, {length}, at::kInt);
    const std::span ids(drawn.const_data_ptr<std::int32_t>(), static_cast<std::size_t>(length));
    texts.extend(ids.first(ids.size() - 1), 0);
    texts.extend(ids.last(1), 1);
    texts.end_text();
  }
  return pack(texts, c10::Device(c10::kCPU));
}

class Composed : public ::testing::Test {
 protected:
  at::NoGradGuard no_grad_;
  Workspace workspace_;
  PackedBatch batch_ = make_batch();
  std::int64_t tokens_ = batch_.tokens();
  DropoutKey key_{3, 1};

  NormView norm_view() const {
    return {at::randn({kHidden}), at::randn({kHidden}), at::empty({kHidden}), at::empty({kHidden})};
  }
  NormState norm_state() const {
    return {at::empty({tokens_, kHidden}), at::empty({tokens_}), at::empty({tokens_}), {}, {}};
  }
};

TEST_F(Composed, Norm) {
  const Branch branch{at::randn({tokens_, kHidden}), at::randn({kHidden})};
  const at::Tensor residual = at::randn({tokens_, kHidden});
  const NormView view = norm_view();
  NormView other = view;
  other.weight_gradient = at::empty({kHidden});
  other.bias_gradient = at::empty({kHidden});
  NormState ours = norm_state(), theirs = norm_state();
  ours.mask = dropout_mask(tokens_, kHidden, 0.3, key_, 1, c10::kCPU, workspace_);
  ours.out_mask = dropout_mask(tokens_, kHidden, 0.2, key_, 2, c10::kCPU, workspace_);
  theirs.mask.factors = dropout_factors(ours.mask, tokens_, kHidden);
  theirs.out_mask.factors = dropout_factors(ours.out_mask, tokens_, kHidden);
  const at::Tensor out = at::empty({tokens_, kHidden}), out2 = at::empty({tokens_, kHidden});
  norm_forward(branch, residual, view, 1e-5, ours, out, out);
  composed::norm_forward(branch, residual, other, 1e-5, theirs, out2, out2);
  expect_near(out, out2, "out");
  expect_near(ours.rstd, theirs.rstd, "rstd");

  const at::Tensor d_operand = at::randn({tokens_, kHidden});
  const at::Tensor d_ours = at::randn({tokens_, kHidden}), d_theirs = d_ours.clone();
  const at::Tensor branch_ours = at::empty_like(d_ours), branch_theirs = at::empty_like(d_ours);
  const at::Tensor bias_ours = at::empty({kHidden}), bias_theirs = at::empty({kHidden});
  norm_backward(ours, view, d_operand, true, d_ours, branch_ours, bias_ours, workspace_);
  composed::norm_backward(theirs, other, d_operand, true, d_theirs, branch_theirs, bias_theirs);
  expect_near(d_ours, d_theirs, "residual");
  expect_near(branch_ours, branch_theirs, "branch");
  expect_near(bias_ours, bias_theirs, "bias");
  expect_near(view.weight_gradient, other.weight_gradient, "weight");
  expect_near(view.bias_gradient, other.bias_gradient, "norm's bias");
}

TEST_F(Composed, Activations) {
  for (const Activation activation : {Activation::kGelu, Activation::kGeluTanh, Activation::kRelu,
                                      Activation::kSilu, Activation::kTanh}) {
    const at::Tensor x = at::randn({tokens_, 50}) * 3, bias = at::randn({50});
    const at::Tensor y = at::empty_like(x), y2 = at::empty_like(x);
    const at::Tensor slope = x.clone(), slope2 = x.clone();
    activation_forward(activation, slope, bias, y, true);
    composed::activation_forward(activation, slope2, bias, y2, true);
    expect_near(y, y2, "y");
    expect_near(slope, slope2, "slope");
    activation_forward(activation, x, bias, y2, false);
    expect_near(y, y2, "y, not kept");
    const at::Tensor d = at::randn({tokens_, 50}), d2 = d.clone();
    const at::Tensor b = at::empty({50}), b2 = at::empty({50});
    activation_backward(slope, d, b, workspace_);
    composed::activation_backward(slope2, d2, b2);
    expect_near(d, d2, "x");
    expect_near(b, b2, "bias");
  }
  const at::Tensor rows = at::randn({tokens_, 50}), sums = at::empty({50}), sums2 = at::empty({50});
  column_sums(rows, sums, workspace_);
  composed::column_sums(rows, sums2);
  expect_near(sums, sums2, "column sums");
}

TEST_F(Composed, Embeddings) {
  const EmbeddingTables tables{at::randn({50, kHidden}), at::randn({40, kHidden}),
                               at::randn({2, kHidden})};
  const at::Tensor sum = at::empty({tokens_, kHidden}), sum2 = at::empty({tokens_, kHidden});
  embed(batch_, tables, sum);
  composed::embed(batch_, tables, sum2);
  expect_near(sum, sum2, "sum");
  RowGradients ours{{}, at::empty({0, kHidden})}, theirs{{}, at::empty({50, kHidden})};
  const at::Tensor p = at::empty({40, kHidden}), p2 = at::empty({40, kHidden});
  const at::Tensor t = at::empty({2, kHidden}), t2 = at::empty({2, kHidden});
  embed_backward(batch_, sum, ours, p, t);
  composed::embed_backward(batch_, sum, theirs, p2, t2);
  expect_near(p, p2, "positions");
  expect_near(t, t2, "types");
  for (std::int64_t id = 0; id < 50; ++id) {
    const at::Tensor row = ours.row(id);
    expect_near(row.defined() ? row : at::zeros({kHidden}), theirs.values[id], "words");
  }
}

// Of queries of each text's first token or of all, and of the type of operands.
class ComposedAttention : public Composed,
                          public ::testing::WithParamInterface<std::tuple<bool, at::ScalarType>> {
 protected:
  const at::ScalarType type_ = std::get<1>(GetParam());

  at::Tensor drawn(std::int64_t rows, std::int64_t columns) const {
    return at::randn({rows, columns}).to(type_);
  }
  at::Tensor empty(std::int64_t rows, std::int64_t columns) const {
    return at::empty({rows, columns}, type_);
  }
  // The same numbers in fp32, which the other's arithmetic is in then.
  static Projections in_float(const Projections& in) {
    const auto part = [](const at::Tensor& rows) { return rows.to(at::kFloat); };
    return {part(in.queries), part(in.keys), part(in.values),
            in.query_bias,    in.key_bias,   in.value_bias};
  }
  // In bf16 to some roundings of the whole: shares and their gradients are rounded, then added.
  void expect_close(const at::Tensor& ours, const at::Tensor& theirs, const char* what) const {
    if (type_ == at::kFloat) return expect_near(ours, theirs, what);
    const auto difference = (ours.to(at::kFloat) - theirs).norm().item<float>();
    EXPECT_LT(difference, 0.03f * theirs.norm().item<float>()) << what;
  }
};

TEST_P(ComposedAttention, AgreesWithTheCpusOwn) {
  const bool first_only = std::get<0>(GetParam());
  const std::int64_t rows = first_only ? batch_.texts : tokens_;
  const at::Tensor kv = drawn(tokens_, 2 * kHidden);
  const Projections in{drawn(rows, kHidden),           kv.narrow(1, 0, kHidden),
                       kv.narrow(1, kHidden, kHidden), at::randn({kHidden}),
                       at::randn({kHidden}),           at::randn({kHidden})};
  const AttentionShape shape{kHeads, 0.25, key_, 4};
  AttentionState ours, theirs;
  const at::Tensor context = empty(rows, kHidden), context2 = at::empty({rows, kHidden});
  attention_forward(shape, batch_, in, true, ours, context, workspace_);

  // The CPU's mask has a row of bits for each text, head and query; the other's are padded.
  const std::int64_t queries = first_only ? 1 : batch_.longest;
  at::Tensor factors = at::zeros({batch_.texts, kHeads, queries, batch_.longest});
  const simd::Mask mask = ours.mask.bits();
  std::int64_t word = 0;
  for (std::int64_t text = 0; text < batch_.texts; ++text) {
    const std::int64_t length = kLengths[static_cast<std::size_t>(text)];
    for (std::int64_t head = 0; head < kHeads; ++head) {
      for (std::int64_t q = 0; q < (first_only ? 1 : length); ++q) {
        for (std::int64_t k = 0; k < length; ++k) {
          const bool kept = mask.words[word + k / 32] >> (k % 32) & 1;
          factors[text][head][q][k] = kept ? mask.scale : 0.0f;
        }
        word += simd::mask_words(length);
      }
    }
  }
  theirs.in = in_float(in);
  theirs.shape = shape;
  theirs.offsets = batch_.offsets;
  theirs.longest = batch_.longest;
  theirs.mask.factors = factors;
  composed::attention_forward(shape, batch_, theirs.in, true, theirs, context2);
  expect_close(context, context2, "context");

  const at::Tensor d_context = drawn(rows, kHidden);
  const auto gradients = [&](at::ScalarType type) {
    const at::Tensor both = at::empty({tokens_, 2 * kHidden}, type);
    return ProjectionGradients{at::empty({rows, kHidden}, type), both.narrow(1, 0, kHidden),
                               both.narrow(1, kHidden, kHidden)};
  };
  const ProjectionGradients d = gradients(type_), d2 = gradients(at::kFloat);
  attention_backward(ours, d_context, d, workspace_);
  composed::attention_backward(theirs, d_context.to(at::kFloat), d2);
  expect_close(d.queries, d2.queries, "queries");
  expect_close(d.keys, d2.keys, "keys");
  expect_close(d.values, d2.values, "values");
}

INSTANTIATE_TEST_SUITE_P(Queries, ComposedAttention,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(at::kFloat, at::kBFloat16)),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param) ? "first" : "all") +
                                  (std::get<1>(test.param) == at::kFloat ? "_fp32" : "_bf16");
                         });

}  // namespace
}  // namespace finemix
