#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "finemix/model/batch.h"
#include "finemix/model/parameters.h"

namespace finemix {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.01;  // not on biases and LayerNorms
  double gradient_clip = 1.0;  // global L2 norm; 0: none
};

// All that further steps depend on but the weights.
struct OptimizerState {
  std::int64_t steps = 0;
  at::Tensor first_moment;   // flat, fp32, as the two below; on the CPU without the word embeddings
  at::Tensor second_moment;  //
  at::Tensor rows;           // (n), int64: on the CPU, word embeddings that had a gradient …
  at::Tensor row_moments;    // (n, 2, hidden), fp32: … and their two moments
};

inline constexpr const char* kNoState =
    "the state of the earlier run is not one of this model's training; remove it to begin anew";

class LazyRows;

// AdamW (Loshchilov and Hutter, ICLR 2019) with global-norm clipping, as torch has both, over a
// flat parameter buffer: one pass that clips, updates, and writes the bf16 operands anew.
//
// On the CPU a step puts off what can be done better later, so that every bit is as if it had been
// done in time. The matrices are left to the next forward pass (see PendingUpdate); till then their
// gradients must stay as they are. Rows of the word embeddings that a batch does not hold are not
// visited: what the step would do to them (decay, and the fading of their moments) is made up for
// when they are next read, step by step. Whoever reads the weights says so before: catch_up(batch)
// before a forward pass, catch_up(rows) before these word embeddings are read or changed, finish()
// before anything else.
class AdamW {
 public:
  AdamW(ParameterBuffer& parameters, const AdamWOptions& options);
  AdamW(AdamW&&) noexcept;
  ~AdamW();

  void catch_up(const PackedBatch& batch);
  void catch_up(std::vector<std::int64_t> rows);
  // One update from the gradients. Throws kNumeric, naming the tensor, before anything is changed
  // when they are not finite; on other devices than the CPU the update is left out there, and
  // throw_if_not_finite() tells, so that no step waits for the device.
  void step(double learning_rate);
  void throw_if_not_finite() const;
  void finish();

  // After finish(), of which nothing has changed the weights since.
  OptimizerState state() const;
  // Of an optimizer of the same parameters and options, before the first step. Throws kMalformed
  // when it can't be one.
  void restore(const OptimizerState& state);

  // L2 norm of the last step's gradients, before clipping.
  double gradient_norm() const;

 private:
  void step_on_cpu(double learning_rate);
  void step_on_device(double learning_rate);

  ParameterBuffer& parameters_;
  AdamWOptions options_;
  std::int64_t steps_ = 0;
  at::Tensor first_moment_;   // (parameters); on the CPU, of the matrices, tables and vectors
  at::Tensor second_moment_;  //
  std::unique_ptr<LazyRows> words_;
  double norm_ = 0;           // on the CPU …
  at::Tensor device_norm_;    // … or a device
  at::Tensor device_steps_;   // fp32
  at::Tensor device_failed_;  // fp32, not 0 after a step whose gradients were not finite
};

}  // namespace finemix
