#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "finemix/model/classifier.h"
#include "model/kernels/attention.h"
#include "model/kernels/embedding.h"
#include "model/kernels/norm.h"
#include "model/kernels/product.h"
#include "model/workspace.h"

namespace finemix {

// Sites of dropout within a pass, of 16 bits: the classifier's own, then the encoder's in the order
// in which they are met, and last the head's input.
inline constexpr std::uint64_t kClassifierSite = 0;
inline constexpr std::uint64_t kHeadInputSite = 0xFFFF;

// The encoder of BERT (Devlin et al., NAACL 2019) and its family up to each text's last state of
// the first token, [CLS]. Only that leaves the last layer, so the layer computes nothing else after
// its keys and values.
//
// Activations that matrix products read are stored in `operand` type, bf16 or fp32; sums along the
// residual path, statistics and all arithmetic but the products are fp32. Biases are added by the
// kernel that reads a product, so a product is one pass.
class Encoder {
 public:
  // Works on `parameters` and sets their gradients, so they must outlive it.
  Encoder(ParameterBuffer& parameters, const EncoderConfig& config, at::Device device,
          Precision precision);

  // (texts, hidden), fp32. With `keep`, what backward() needs is kept until the next pass.
  at::Tensor forward(const PackedBatch& batch, const std::optional<DropoutKey>& dropout, bool keep);
  // The same of every layer, always kept: (layers, texts, hidden), the first layer's first.
  at::Tensor forward_layers(const PackedBatch& batch, const std::optional<DropoutKey>& dropout);
  // As Classifier::activations, of the last pass, which must have been kept.
  at::Tensor activations(std::size_t layer) const;
  // From the gradient of the last pass's result, which must have been kept, fp32, sets those of all
  // parameters.
  void backward(const at::Tensor& d_first);

  Encoder(Encoder&&) = default;

  // Another one on the same weights, for forward passes beside this one's.
  Encoder beside() const { return Encoder(*this, Workspace()); }
  // Lays the weights out for many forward passes, here and in what is made by beside() from now on.
  // They must not change any more, and no update of them be pending.
  void pack_weights();

  Workspace& workspace() { return workspace_; }

 private:
  struct Layer {
    LinearView projections;  // queries, keys and values, stacked
    LinearView queries;      // parts of these; of the last layer only
    LinearView keys_values;
    LinearView attention_output;
    NormView attention_norm;
    LinearView inner;
    LinearView output;
    NormView output_norm;
  };
  // Of one layer in one pass. `rows` are tokens, or texts in the last layer.
  struct State {
    at::Tensor input;        // (tokens, hidden), operand
    at::Tensor first_input;  // (texts, hidden), operand; of the last layer only
    AttentionState attention;
    at::Tensor context;  // (rows, hidden), operand
    NormState attended_norm;
    at::Tensor attended;  // (rows, hidden), operand
    at::Tensor inner;     // (rows, intermediate), operand: the activation's slopes
    at::Tensor active;    // as inner
    NormState output_norm;
  };
  // A value of the residual path, and the same as an operand of products.
  struct Rows {
    at::Tensor residual;  // (rows, hidden), fp32
    at::Tensor operand;
  };

  // All that a backward pass sets of a layer.
  static std::vector<at::Tensor> gradients_of(const Layer& layer);

  // What beside() makes: a plain copy would have the same memory for its passes.
  Encoder(const Encoder& other, Workspace workspace);

  // Begins a pass: the input of the first layer.
  Rows begin(const PackedBatch& batch, const std::optional<DropoutKey>& dropout, bool keep);
  Rows embeddings();
  Rows layer(std::size_t index, const Rows& x, bool keep);
  Projections project(const Layer& layer, bool first_only, State& state);
  void embeddings_backward(const Rows& d_out);
  Rows layer_backward(std::size_t index, const Rows& d_out);
  void project_backward(const Layer& layer, const State& state, const at::Tensor& d_context,
                        const at::Tensor& d_asking, const Rows& d_input);

  at::Tensor take(std::int64_t rows, std::int64_t columns) {
    return needs_room_ ? take_with_room(workspace_, rows, columns, operand_)
                       : workspace_.take({rows, columns}, operand_);
  }
  at::Tensor take_float(std::int64_t rows, std::int64_t columns) {
    return workspace_.take({rows, columns}, float_);
  }
  Rows take_rows(std::int64_t count, std::int64_t width);
  NormState take_norm_state(std::int64_t rows, std::int64_t width);
  // Empty where nothing `drops`.
  DropoutMask hidden_mask(std::int64_t rows, std::int64_t width, bool drops = true);

  EncoderConfig config_;
  at::Device device_;
  at::TensorOptions operand_;
  at::TensorOptions float_;
  bool needs_room_;  // of operands
  EmbeddingTables tables_;
  RowGradients& word_gradients_;
  at::Tensor position_gradient_;
  at::Tensor type_gradient_;
  NormView embedding_norm_;
  LinearView embedding_projection_;  // undefined where embeddings are as wide as states
  std::vector<Layer> layers_;  // that a text goes through; some may be views of the same weights

  Workspace workspace_;
  bool kept_ = false;
  PackedBatch batch_;  // of the last pass as the family's tables take it, as what follows
  std::optional<DropoutKey> dropout_;
  std::uint64_t site_ = 0;
  NormState embedding_state_;
  at::Tensor embedded_;  // (tokens, embedding width), operand: what is projected
  std::vector<State> states_;
};

}  // namespace finemix
