#include "finemix/model/state_dict.h"

#include <ATen/core/grad_mode.h>

#include <array>
#include <span>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/safetensors.h"
#include "finemix/model/memory.h"
#include "finemix/model/stored_model.h"
#include "finemix/model/tensor_layout.h"
#include "finemix/model/weight_files.h"

namespace finemix {
namespace {

at::ScalarType scalar_type(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return at::kHalf;
    case DType::kBF16:
      return at::kBFloat16;
    case DType::kF64:
      return at::kDouble;
    default:
      return at::kFloat;
  }
}

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

void draw_normal(at::Tensor& tensor, double deviation, std::uint64_t seed,
                 const std::string& name) {
  RandomSequence random(seed, "initialise/" + name);
  auto* values = tensor.data_ptr<float>();
  for (std::int64_t i = 0; i < tensor.numel(); ++i) {
    values[i] = static_cast<float>(deviation) * random.normal();
  }
}

// A tensor as transformers initialises it.
at::Tensor initial(const TensorSpec& spec, double deviation, std::uint64_t seed) {
  at::Tensor tensor = empty_block(spec.shape, at::kFloat);
  if (spec.name.ends_with(".bias")) return tensor.zero_();
  if (spec.name.find("LayerNorm") != std::string::npos) return tensor.fill_(1.0);
  draw_normal(tensor, deviation, seed, spec.name);
  return tensor;
}

}  // namespace

StateDict clone(const StateDict& weights) {
  StateDict copy;
  for (const auto& [name, tensor] : weights) copy.emplace(name, tensor.clone());
  return copy;
}

bool is_backbone(std::string_view name) { return name.starts_with("bert."); }

void erase_head(StateDict& weights) {
  std::erase_if(weights, [](const auto& entry) { return !is_backbone(entry.first); });
}

Model load_model(const std::string& location) { return load_model(StoredModel::open(location)); }

Model load_model(const StoredModel& stored) {
  Model model;
  model.directory = stored.directory();
  model.config_text = stored.config_text();
  model.config = stored.config();
  model.places = stored.places();
  for (const auto& entry : model.places) {
    model.weights.emplace(entry.first, stored.read(entry.first));
  }
  return model;
}

void add_classifier(Model& model, std::int64_t num_labels, std::uint64_t seed) {
  if (model.config.num_labels != num_labels) {
    erase_head(model.weights);
    model.config.num_labels = num_labels;
  }
  for (const TensorSpec& spec : tensor_layout(model.config)) {
    if (model.weights.contains(spec.name)) continue;
    model.weights.emplace(spec.name, initial(spec, model.config.initializer_range, seed));
  }
  model.config_text = classifier_config_text(model.config_text, model.config.family, num_labels);
}

Model random_model(const EncoderConfig& config, std::string config_text, std::uint64_t seed) {
  Model model;
  model.config = config;
  model.config_text = std::move(config_text);
  for (const TensorSpec& spec : tensor_layout(config)) {
    model.weights.emplace(spec.name, initial(spec, config.initializer_range, seed));
  }
  return model;
}

void become_trained(Model& model) {
  if (!model.places.contains(kClassifierWeight)) model.places.clear();
  for (auto& entry : model.places) entry.second.dtype = DType::kF32;
  model.config_text = config_text_of_dtype(model.config_text, "float32");
}

void save_model(const Model& model, const std::filesystem::path& directory) {
  WeightFiles files(model.config, model.places);
  std::vector<at::Tensor> owners;
  std::map<std::string, std::vector<TensorBytes>> tensors;
  for (const auto& [name, tensor] : model.weights) {
    const StoredPlace place = files.add(name, static_cast<std::uint64_t>(tensor.numel()));
    const at::Tensor& owner =
        owners.emplace_back(tensor.detach().to(at::kCPU, scalar_type(place.dtype)).contiguous());
    tensors[place.file].push_back({place.name, place.dtype, owner.sizes().vec(), bytes_of(owner)});
  }
  for (const auto& [file, of_file] : tensors) write_safetensors(directory / file, of_file);
  files.write_index(directory);
  write_text_file(directory / "config.json", model.config_text, false);
  if (!model.directory.empty()) copy_tokenizer_files(model.directory, directory);
}

}  // namespace finemix
