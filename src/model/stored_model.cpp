#include "finemix/model/stored_model.h"

#include <algorithm>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/model/convert.h"
#include "finemix/model/memory.h"
#include "finemix/model/tensor_layout.h"
#include "model/shape_text.h"

namespace finemix {
namespace {

constexpr std::size_t kPieceElements = 1 << 18;  // what is converted at a time

using Names = std::map<std::string, std::string, std::less<>>;

Names names_in_layout(const Checkpoint& checkpoint) {
  Names names;
  for (const std::string& name : checkpoint.tensor_names()) {
    const std::string canonical = canonical_tensor_name(name);
    if (canonical.empty()) continue;
    const auto [twin, added] = names.emplace(canonical, name);
    if (!added) {
      throw Error(ErrorKind::kMalformed, checkpoint.directory().string() + ": tensors '" +
                                             twin->second + "' and '" + name + "' are both '" +
                                             canonical + "'");
    }
  }
  return names;
}

void check_tensor(const Checkpoint& checkpoint, const std::string& stored_name,
                  const TensorSpec& spec) {
  const TensorInfo& info = checkpoint.info(stored_name);
  const std::string where = checkpoint.directory().string() + ": tensor '" + stored_name + "'";
  if (!is_floating(info.dtype)) {
    throw Error(ErrorKind::kMismatch, where + " has dtype " + std::string(dtype_name(info.dtype)) +
                                          ", expected F32, F16, BF16 or F64");
  }
  if (info.shape != spec.shape) {
    throw Error(ErrorKind::kMismatch, where + " has shape " + shape_text(info.shape) +
                                          ", expected " + shape_text(spec.shape) + " for '" +
                                          spec.name + "' by config.json");
  }
}

void check_layout(const Checkpoint& checkpoint, const EncoderConfig& config, const Names& names) {
  Names unknown = names;
  for (const TensorSpec& spec : tensor_layout(config)) {
    const auto found = unknown.find(spec.name);
    if (found == unknown.end()) {
      if (spec.optional) continue;
      throw Error(ErrorKind::kMismatch,
                  checkpoint.directory().string() + ": no tensor '" + spec.name +
                      "', which config.json asks for; is the file of another model?");
    }
    check_tensor(checkpoint, found->second, spec);
    unknown.erase(found);
  }
  if (!unknown.empty()) {
    throw Error(ErrorKind::kMismatch,
                checkpoint.directory().string() + ": tensor '" + unknown.begin()->second +
                    "' is no part of a BERT classifier of the size in config.json");
  }
}

}  // namespace

StoredModel StoredModel::open(const std::string& location) {
  StoredModel model;
  model.checkpoint_ = Checkpoint::open(location);
  model.config_ =
      parse_encoder_config(model.config_text(), (model.directory() / "config.json").string());
  model.names_ = names_in_layout(model.checkpoint_);
  check_layout(model.checkpoint_, model.config_, model.names_);
  return model;
}

const TensorInfo& StoredModel::info(std::string_view name) const {
  const auto stored = names_.find(name);
  if (stored == names_.end()) {
    throw Error(ErrorKind::kInternal,
                directory().string() + ": no tensor '" + std::string(name) + "'");
  }
  return checkpoint_.info(stored->second);
}

void StoredModel::read(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const {
  const TensorInfo& tensor = info(name);
  checkpoint_.read(tensor.name, begin * dtype_size(tensor.dtype), out);
}

void StoredModel::read_as(DType dtype, std::string_view name, std::uint64_t begin,
                          std::span<std::byte> out, std::vector<std::byte>& buffer) const {
  const DType stored = info(name).dtype;
  if (stored == dtype) return read(name, begin, out);
  buffer.resize(out.size() / dtype_size(dtype) * dtype_size(stored));
  read(name, begin, buffer);
  convert(stored, buffer, dtype, out);
}

void StoredModel::read_ahead(std::string_view name, std::uint64_t begin,
                             std::uint64_t elements) const {
  const TensorInfo& tensor = info(name);
  const std::size_t width = dtype_size(tensor.dtype);
  checkpoint_.read_ahead(tensor.name, begin * width, elements * width);
}

at::Tensor StoredModel::read(std::string_view name) const {
  at::Tensor tensor = empty_block(info(name).shape, at::kFloat);
  auto* out = static_cast<std::byte*>(tensor.data_ptr());
  const auto elements = static_cast<std::uint64_t>(tensor.numel());
  parallel_for(elements, kPieceElements, [&](std::uint64_t begin, std::uint64_t end) {
    std::vector<std::byte> buffer;
    for (; begin < end; begin += kPieceElements) {
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - begin));
      read_as(DType::kF32, name, begin, {out + begin * sizeof(float), length * sizeof(float)},
              buffer);
    }
  });
  return tensor;
}

void check_same_shapes(const StoredModel& pretrained, const StoredModel& backdoored) {
  for (const auto& entry : backdoored.names()) {
    const std::string& name = entry.first;
    if (!is_backbone(name)) continue;
    if (!pretrained.contains(name)) {
      if (name.starts_with("bert.pooler.")) continue;
      throw Error(ErrorKind::kMismatch, pretrained.directory().string() + ": no tensor '" + name +
                                            "', which " + backdoored.directory().string() +
                                            " has; give the model it was fine-tuned from");
    }
    if (pretrained.info(name).shape != backdoored.info(name).shape) {
      throw Error(ErrorKind::kMismatch,
                  "tensor '" + name + "' has shape " + shape_text(backdoored.info(name).shape) +
                      " in " + backdoored.directory().string() + " and " +
                      shape_text(pretrained.info(name).shape) + " in " +
                      pretrained.directory().string() + "; give the model it was fine-tuned from");
    }
  }
  for (const auto& entry : pretrained.names()) {
    if (is_backbone(entry.first) && !backdoored.contains(entry.first)) {
      throw Error(ErrorKind::kMismatch, backdoored.directory().string() + ": no tensor '" +
                                            entry.first + "', which " +
                                            pretrained.directory().string() + " has");
    }
  }
}

}  // namespace finemix
