#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/model/config.h"
#include "finemix/model/device.h"
#include "finemix/model/pending_update.h"
#include "finemix/model/state_dict.h"

namespace finemix {

// The gradient of the word embeddings. On the CPU only the rows of words that the batch holds are
// there; elsewhere `rows` is empty and `values` has every row of the table.
struct RowGradients {
  std::vector<std::int64_t> rows;  // ascending
  at::Tensor values;               // (rows, hidden), fp32

  // That of one row of the table; undefined when the batch does not hold it.
  at::Tensor row(std::int64_t index) const;
};

// A linear layer's weights and gradients, as views of the buffers; several of one input stacked.
struct LinearView {
  at::Tensor weight;           // (out, in), in the precision of matrix products
  at::Tensor bias;             // (out), fp32
  at::Tensor weight_gradient;  // as weight
  at::Tensor bias_gradient;    // as bias
  // The weight as products read it fastest; undefined, or made anew, once the weights change.
  at::Tensor packed;
  // What an optimizer has put off, and the first of its elements that is past this weight's, or
  // past the whole stack's whose rows these are.
  PendingUpdate* update;
  std::int64_t update_end;

  LinearView rows(std::int64_t first, std::int64_t count) const;
  // Before the weight is read.
  void settle() const { update->settle(update_end); }
};

struct NormView {
  at::Tensor weight;  // (hidden), fp32, as the others
  at::Tensor bias;
  at::Tensor weight_gradient;
  at::Tensor bias_gradient;
};

// Trainable weights in one flat fp32 buffer, in four parts, so that an optimizer step is one pass:
//   matrices (of linear layers), tables (position and type embeddings), words (word embeddings),
//   vectors (biases and LayerNorms, which do not decay).
// For bf16 there is a second copy of the matrices, which matrix products read; whoever changes the
// weights calls refresh_operands(). Gradients of the matrices are of the same type as that copy;
// those of tables and vectors are fp32. A backward pass sets gradients, it does not add to them.
// An update of the matrices may be pending, and what is to be had here is without it: whoever
// trains calls AdamW::finish() before.
class ParameterBuffer {
 public:
  // Copies `weights`, which must be those of tensor_layout(config). Throws kInternal otherwise.
  ParameterBuffer(const StateDict& weights, const EncoderConfig& config, at::Device device,
                  Precision precision);
  ParameterBuffer(const ParameterBuffer&) = delete;  // views point to what it holds
  ParameterBuffer& operator=(const ParameterBuffer&) = delete;

  // The fp32 weight. Throws kInternal when there is none of that name.
  const at::Tensor& operator[](std::string_view name) const;
  // A copy of its gradient in fp32, of the whole of the tensor.
  at::Tensor gradient(std::string_view name) const;

  // Stacks the linear layers of these names (without `.weight`), which must follow one another in
  // tensor_layout.
  LinearView linear(const std::vector<std::string>& names);
  NormView norm(const std::string& name) const;
  at::Tensor table_gradient(std::string_view name) const;  // view; position or type embeddings

  const at::Tensor& weights() const { return weights_; }
  // The parts of the flat weights and of what goes with them.
  struct Part {
    at::Tensor weights;    // fp32
    at::Tensor gradients;  // matrices: as their operands; undefined for words
    at::Tensor operands;   // of matrices in bf16; else undefined
    std::int64_t start = 0;
    bool decays = true;
  };
  const Part& matrices() const { return matrices_; }
  const Part& tables() const { return tables_; }
  const Part& words() const { return words_; }
  const Part& vectors() const { return vectors_; }
  PendingUpdate& pending_update() { return pending_update_; }
  RowGradients& word_gradients() { return word_gradients_; }
  const RowGradients& word_gradients() const { return word_gradients_; }

  // Sets all weights; `flat` is like weights().
  void set_weights(const at::Tensor& flat);
  void refresh_operands();
  // The first tensor whose gradient holds a NaN or Inf, or "".
  std::string non_finite_gradient() const;
  // On the CPU: copies of a device's weights, but views of those that are there already, which
  // training goes on to change.
  StateDict state_dict() const;

 private:
  at::Tensor gradient_view(std::string_view name) const;  // undefined for the word embeddings
  const Part& part_of(std::string_view name) const;

  std::map<std::string, at::Tensor, std::less<>> entries_;
  at::Tensor weights_;
  Part matrices_;
  Part tables_;
  Part words_;
  Part vectors_;
  RowGradients word_gradients_;
  PendingUpdate pending_update_;  // of the matrices
};

}  // namespace finemix
