#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace finemix {

// Adds up the gradients of weights that several layers share, each of whose backward passes sets
// them: in fp32, whatever type they are of.
class SharedGradients {
 public:
  // Where nothing is `shared` nothing is done.
  explicit SharedGradients(bool shared) : shared_(shared) {}

  // After a layer's backward pass has set the gradients of the weights `stored`.
  void add(std::int64_t stored, const std::vector<at::Tensor>& gradients) {
    if (!shared_) return;
    Sums& sums = sums_[stored];
    if (sums.gradients.empty()) {
      sums.gradients = gradients;
      for (const at::Tensor& gradient : gradients) {
        sums.values.push_back(gradient.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true));
      }
      return;
    }
    for (std::size_t i = 0; i < gradients.size(); ++i) sums.values[i].add_(gradients[i]);
  }

  // Sets the gradients to their sums.
  void write() {
    for (auto& entry : sums_) {
      Sums& sums = entry.second;
      for (std::size_t i = 0; i < sums.values.size(); ++i) sums.gradients[i].copy_(sums.values[i]);
    }
  }

 private:
  struct Sums {
    std::vector<at::Tensor> gradients;  // views
    std::vector<at::Tensor> values;     // fp32
  };

  bool shared_;
  std::map<std::int64_t, Sums> sums_;  // by stored layer
};

}  // namespace finemix
