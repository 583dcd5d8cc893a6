#pragma once

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include <atomic>
#include <map>
#include <string>
#include <utility>

#include "finemix/io/safetensors.h"
#include "finemix/model/state_dict.h"

namespace finemix::testing {

// Whether loops that ask for two threads have them: the system may allow OpenMP one only.
inline bool two_threads() {
  std::atomic<bool> two{false};
  at::parallel_for(0, 2, 1, [&](std::int64_t, std::int64_t) {
    if (at::get_thread_num() == 1) two = true;
  });
  return two;
}

// The tensors of a file of expected values: F32 as float, I64 as long.
inline std::map<std::string, at::Tensor> read_expected(const std::string& path) {
  const SafetensorsReader file(path);
  std::map<std::string, at::Tensor> tensors;
  for (const TensorInfo& info : file.tensors()) {
    at::Tensor tensor = at::empty(info.shape, info.dtype == DType::kI64 ? at::kLong : at::kFloat);
    file.read(info, {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()});
    tensors.emplace(info.name, std::move(tensor));
  }
  return tensors;
}

// A checkpoint of a model in memory, all of whose weights are of this type.
inline void save_model_as(Model model, const std::filesystem::path& directory, DType dtype) {
  for (const auto& entry : model.weights) {
    model.places[entry.first] = {entry.first, "model.safetensors", dtype};
  }
  save_model(model, directory);
}

}  // namespace finemix::testing
