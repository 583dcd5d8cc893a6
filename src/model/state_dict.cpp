#include "finemix/model/state_dict.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include <array>
#include <span>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/safetensors.h"
#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) {
    text += (i ? ", " : "") + std::to_string(shape[i]);
  }
  return text + "]";
}

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

bool is_floating(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16 ||
         dtype == DType::kF64;
}

std::span<std::byte> bytes_of(const at::Tensor& tensor) {
  return {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()};
}

at::Tensor read_tensor(const Checkpoint& checkpoint, const std::string& stored_name,
                       const std::string& name, const std::vector<std::int64_t>& shape) {
  const TensorInfo& info = checkpoint.info(stored_name);
  const std::string where = checkpoint.directory().string() + ": tensor '" + stored_name + "'";
  if (!is_floating(info.dtype)) {
    throw Error(ErrorKind::kMismatch, where + " has dtype " + std::string(dtype_name(info.dtype)) +
                                          ", expected F32, F16, BF16 or F64");
  }
  if (info.shape != shape) {
    throw Error(ErrorKind::kMismatch, where + " has shape " + shape_text(info.shape) +
                                          ", expected " + shape_text(shape) + " for '" + name +
                                          "' by config.json");
  }
  at::Tensor tensor = at::empty(shape, scalar_type(info.dtype));
  checkpoint.read(stored_name, bytes_of(tensor));
  return tensor.to(at::kFloat);
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
  at::Tensor tensor = at::empty(spec.shape, at::kFloat);
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

Model load_model(const std::string& location) {
  const Checkpoint checkpoint = Checkpoint::open(location);
  Model model;
  model.directory = checkpoint.directory();
  model.config_text = checkpoint.config_text();
  model.config =
      parse_encoder_config(model.config_text, (checkpoint.directory() / "config.json").string());

  std::map<std::string, std::string> stored;  // canonical name to the name in the file
  for (const std::string& name : checkpoint.tensor_names()) {
    const std::string canonical = canonical_tensor_name(name);
    if (canonical.empty()) continue;
    const auto [twin, added] = stored.emplace(canonical, name);
    if (!added) {
      throw Error(ErrorKind::kMalformed, checkpoint.directory().string() + ": tensors '" +
                                             twin->second + "' and '" + name + "' are both '" +
                                             canonical + "'");
    }
  }
  for (const TensorSpec& spec : tensor_layout(model.config)) {
    const auto found = stored.find(spec.name);
    if (found == stored.end()) {
      if (spec.optional) continue;
      throw Error(ErrorKind::kMismatch,
                  checkpoint.directory().string() + ": no tensor '" + spec.name +
                      "', which config.json asks for; is the file of another model?");
    }
    if (spec.name == kWordEmbeddings) model.stored = checkpoint.info(found->second).dtype;
    model.weights.emplace(spec.name, read_tensor(checkpoint, found->second, spec.name, spec.shape));
    stored.erase(found);
  }
  if (!stored.empty()) {
    throw Error(ErrorKind::kMismatch,
                checkpoint.directory().string() + ": tensor '" + stored.begin()->second +
                    "' is no part of a BERT classifier of the size in config.json");
  }
  return model;
}

void check_same_shapes(const Model& pretrained, const Model& backdoored) {
  for (const auto& [name, tensor] : backdoored.weights) {
    if (!is_backbone(name)) continue;
    const auto twin = pretrained.weights.find(name);
    if (twin == pretrained.weights.end()) {
      if (name.starts_with("bert.pooler.")) continue;
      throw Error(ErrorKind::kMismatch, pretrained.directory.string() + ": no tensor '" + name +
                                            "', which " + backdoored.directory.string() +
                                            " has; give the model it was fine-tuned from");
    }
    if (twin->second.sizes() != tensor.sizes()) {
      throw Error(ErrorKind::kMismatch,
                  "tensor '" + name + "' has shape " + shape_text(tensor.sizes()) + " in " +
                      backdoored.directory.string() + " and " + shape_text(twin->second.sizes()) +
                      " in " + pretrained.directory.string() +
                      "; give the model it was fine-tuned from");
    }
  }
  for (const auto& [name, tensor] : pretrained.weights) {
    if (is_backbone(name) && !backdoored.weights.contains(name)) {
      throw Error(ErrorKind::kMismatch, backdoored.directory.string() + ": no tensor '" + name +
                                            "', which " + pretrained.directory.string() + " has");
    }
  }
}

void add_classifier(Model& model, std::int64_t num_labels, std::uint64_t seed) {
  if (model.config.num_labels != num_labels) {
    model.weights.erase(std::string(kClassifierWeight));
    model.weights.erase(std::string(kClassifierBias));
    model.config.num_labels = num_labels;
  }
  for (const TensorSpec& spec : tensor_layout(model.config)) {
    if (model.weights.contains(spec.name)) continue;
    model.weights.emplace(spec.name, initial(spec, model.config.initializer_range, seed));
  }
  model.config_text = classifier_config_text(model.config_text, num_labels);
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

void save_model(const Model& model, const std::filesystem::path& directory, DType stored) {
  std::vector<at::Tensor> owners;
  std::vector<TensorBytes> tensors;
  for (const auto& [name, tensor] : model.weights) {
    const at::Tensor& owner =
        owners.emplace_back(tensor.detach().to(at::kCPU, scalar_type(stored)).contiguous());
    tensors.push_back({name, stored, owner.sizes().vec(), bytes_of(owner)});
  }
  write_safetensors(directory / "model.safetensors", tensors);
  AtomicFile config(directory / "config.json", false, model.config_text.size());
  config.write(model.config_text);
  config.commit();
  if (!model.directory.empty()) copy_tokenizer_files(model.directory, directory);
}

}  // namespace finemix
