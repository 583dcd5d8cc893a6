#include "model/kernels/attention.h"

#include <ATen/Parallel.h>

#include <cstdint>

#include "finemix/core/profile.h"
#include "finemix/model/balance.h"
#include "finemix/model/operand.h"
#include "model/kernels/composed.h"

namespace finemix {
namespace {

constexpr std::int64_t kGrain = 1 << 16;  // multiplications of one head

bool first_only(const Projections& in) { return in.queries.size(0) != in.keys.size(0); }

// The mask's rows lie text by text, head by head, query by query; a row has a bit for each key.
void make_mask(const PackedBatch& batch, bool first, AttentionState& state, Workspace& workspace) {
  const AttentionShape& shape = state.shape;
  state.mask = {};
  if (!shape.key || shape.dropout <= 0) return;
  state.mask_places = workspace.take({batch.texts}, at::TensorOptions(at::kLong));
  auto* const places = state.mask_places.data_ptr<std::int64_t>();
  const auto* const offsets = batch.offsets.const_data_ptr<std::int32_t>();
  std::int64_t words = 0;
  for (std::int64_t text = 0; text < batch.texts; ++text) {
    const std::int64_t length = offsets[text + 1] - offsets[text];
    places[text] = words;
    words += shape.heads * (first ? 1 : length) * simd::mask_words(length);
  }
  state.mask =
      dropout_mask(words, 32, shape.dropout, *shape.key, shape.site, batch.ids.device(), workspace);
}

template <typename T>
simd::AttentionInputs<T> inputs_of(const AttentionState& state) {
  const Projections& in = state.in;
  return {state.shape.heads,
          in.queries.size(1) / state.shape.heads,
          data<std::int32_t>(state.offsets),
          first_only(in),
          data<T>(in.queries),
          data<T>(in.keys),
          data<T>(in.values),
          in.queries.stride(0),
          in.keys.stride(0),
          data<float>(in.query_bias),
          data<float>(in.key_bias),
          data<float>(in.value_bias),
          state.mask.bits(),
          data<std::int64_t>(state.mask_places)};
}

// Runs body(text, head, scratch) for all, over threads.
template <typename Body>
void for_heads(const AttentionState& state, Workspace& workspace, const Body& body) {
  const std::int64_t heads = state.shape.heads;
  const std::int64_t texts = state.offsets.size(0) - 1;
  const std::int64_t floats =
      simd::attention_scratch(state.longest, state.in.queries.size(1) / heads);
  const Workspace::Mark mark = workspace.mark();
  const at::Tensor scratch =
      workspace.take({at::get_num_threads(), floats}, at::TensorOptions(at::kFloat));
  // Threads are not worth their start for a few short texts.
  const std::int64_t queries = state.in.queries.size(0) / texts;
  const std::int64_t grain = std::max<std::int64_t>(
      1, kGrain / (queries * state.longest * state.in.queries.size(1) / heads));
  balanced_for(texts * heads, grain, [&](std::int64_t begin, std::int64_t end) {
    float* const own = data<float>(scratch) + at::get_thread_num() * floats;
    for (std::int64_t i = begin; i < end; ++i) body(i / heads, i % heads, own);
  });
  workspace.release(mark);
}

}  // namespace

void attention_forward(const AttentionShape& shape, const PackedBatch& batch, const Projections& in,
                       bool keep, AttentionState& state, const at::Tensor& context,
                       Workspace& workspace) {
  const ProfilePart part("attention");
  state.in = in;
  state.shape = shape;
  state.offsets = batch.offsets;
  state.longest = batch.longest;
  if (!context.is_cpu()) return composed::attention_forward(shape, batch, in, keep, state, context);
  make_mask(batch, first_only(in), state, workspace);
  if (keep) {
    state.stats =
        workspace.take({in.queries.size(0), shape.heads, 2}, at::TensorOptions(at::kFloat));
  }
  with_operand_type(context, [&]<typename T>(T) {
    const simd::AttentionForward<T> call{inputs_of<T>(state), data<T>(context),
                                         keep ? data<float>(state.stats) : nullptr};
    for_heads(state, workspace, [&](std::int64_t text, std::int64_t head, float* scratch) {
      simd::kernels<T>().attention_forward(call, text, head, scratch);
    });
  });
}

void attention_backward(const AttentionState& state, const at::Tensor& d_context,
                        const ProjectionGradients& gradients, Workspace& workspace) {
  const ProfilePart part("attention backward");
  if (!d_context.is_cpu()) return composed::attention_backward(state, d_context, gradients);
  with_operand_type(d_context, [&]<typename T>(T) {
    const simd::AttentionBackward<T> call{inputs_of<T>(state),     data<float>(state.stats),
                                          data<T>(d_context),      data<T>(gradients.queries),
                                          data<T>(gradients.keys), data<T>(gradients.values)};
    for_heads(state, workspace, [&](std::int64_t text, std::int64_t head, float* scratch) {
      simd::kernels<T>().attention_backward(call, text, head, scratch);
    });
  });
}

}  // namespace finemix
