#include "finemix/model/stored_model.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/model/convert.h"
#include "finemix/model/memory.h"
#include "finemix/model/tensor_layout.h"

namespace finemix {
namespace {

constexpr std::size_t kPieceElements = 1 << 18;  // what is converted at a time

// Of each tensor of the layout that is there.
StoredPlaces places_in_layout(const Checkpoint& checkpoint, const EncoderConfig& config,
                              const std::vector<TensorSpec>& layout) {
  StoredPlaces places;
  for (const TensorSpec& spec : layout) {
    for (const std::string& stored : stored_tensor_names(config, spec.name)) {
      if (!checkpoint.contains(stored)) continue;
      const auto [twin, added] = places.emplace(
          spec.name,
          StoredPlace{stored, checkpoint.file_of(stored), checkpoint.info(stored).dtype});
      if (!added) {
        throw Error(ErrorKind::kMalformed, checkpoint.directory().string() + ": tensors " +
                                               quote(twin->second.name) + " and " + quote(stored) +
                                               " are both " + quote(spec.name));
      }
    }
  }
  return places;
}

void check_tensor(const Checkpoint& checkpoint, const std::string& stored_name,
                  const TensorSpec& spec) {
  const TensorInfo& info = checkpoint.info(stored_name);
  const std::string where = checkpoint.directory().string() + ": tensor " + quote(stored_name);
  if (!is_floating(info.dtype)) {
    throw Error(ErrorKind::kMismatch, where + " has dtype " + std::string(dtype_name(info.dtype)) +
                                          ", expected F32, F16, BF16 or F64");
  }
  if (info.shape != spec.shape) {
    throw Error(ErrorKind::kMismatch, where + " has shape " + shape_text(info.shape) +
                                          ", expected " + shape_text(spec.shape) +
                                          " by config.json");
  }
}

void check_layout(const Checkpoint& checkpoint, const EncoderConfig& config,
                  const std::vector<TensorSpec>& layout, const StoredPlaces& places) {
  const std::string where = checkpoint.directory().string();
  std::set<std::string_view> known;
  for (const TensorSpec& spec : layout) {
    const auto found = places.find(spec.name);
    if (found == places.end()) {
      if (spec.optional) continue;
      throw Error(ErrorKind::kMismatch,
                  where + ": no tensor " + quote(stored_tensor_name(config, spec.name)) +
                      ", which config.json asks for; is the file of another model?");
    }
    check_tensor(checkpoint, found->second.name, spec);
    known.insert(found->second.name);
  }
  for (const std::string& stored : checkpoint.tensor_names()) {
    if (known.contains(stored) || is_left_out(config, stored)) continue;
    throw Error(ErrorKind::kMismatch, where + ": tensor " + quote(stored) +
                                          " is no part of a classifier of the family (" +
                                          std::string(config.traits().model_type) +
                                          ") and size in config.json");
  }
}

}  // namespace

StoredModel StoredModel::open(const std::string& location) {
  StoredModel model;
  model.checkpoint_ = Checkpoint::open(location);
  model.config_ =
      parse_encoder_config(model.config_text(), (model.directory() / "config.json").string());
  const std::vector<TensorSpec> layout = tensor_layout(model.config_);
  model.places_ = places_in_layout(model.checkpoint_, model.config_, layout);
  check_layout(model.checkpoint_, model.config_, layout, model.places_);
  return model;
}

void StoredModel::replace(const std::string& name, at::Tensor tensor) {
  TensorInfo info = this->info(name);
  info.dtype = DType::kF32;
  info.shape = tensor.sizes().vec();
  info.bytes = tensor.nbytes();
  if (name == kWordEmbeddings) config_.vocab_size = info.shape[0];
  replaced_[name] = {std::move(info), std::move(tensor)};
}

const TensorInfo& StoredModel::info(std::string_view name) const {
  const auto replaced = replaced_.find(name);
  if (replaced != replaced_.end()) return replaced->second.info;
  const auto stored = places_.find(name);
  if (stored == places_.end()) {
    throw Error(ErrorKind::kInternal,
                directory().string() + ": no tensor '" + std::string(name) + "'");
  }
  return checkpoint_.info(stored->second.name);
}

void StoredModel::read(std::string_view name, std::uint64_t begin, std::span<std::byte> out) const {
  const auto replaced = replaced_.find(name);
  if (replaced != replaced_.end()) {
    const auto* values = static_cast<const std::byte*>(replaced->second.tensor.const_data_ptr());
    std::memcpy(out.data(), values + begin * sizeof(float), out.size());
    return;
  }
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
  if (replaced_.find(name) != replaced_.end()) return;
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
      throw_if_stopped();
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - begin));
      read_as(DType::kF32, name, begin, {out + begin * sizeof(float), length * sizeof(float)},
              buffer);
    }
  });
  return tensor;
}

void check_same_shapes(const StoredModel& pretrained, const StoredModel& backdoored) {
  if (pretrained.config().family != backdoored.config().family) {
    throw Error(ErrorKind::kMismatch, pretrained.directory().string() + " is a model of type " +
                                          std::string(pretrained.config().traits().model_type) +
                                          ", " + backdoored.directory().string() + " one of type " +
                                          std::string(backdoored.config().traits().model_type) +
                                          "; give the model it was fine-tuned from");
  }
  for (const auto& entry : backdoored.places()) {
    const std::string& name = entry.first;
    if (!is_backbone(name)) continue;
    if (!pretrained.contains(name)) {
      if (name.starts_with("bert.pooler.")) continue;
      throw Error(ErrorKind::kMismatch, pretrained.directory().string() + ": no tensor " +
                                            quote(entry.second.name) + ", which " +
                                            backdoored.directory().string() +
                                            " has; give the model it was fine-tuned from");
    }
    if (pretrained.info(name).shape != backdoored.info(name).shape) {
      throw Error(ErrorKind::kMismatch,
                  "tensor " + quote(entry.second.name) + " has shape " +
                      shape_text(backdoored.info(name).shape) + " in " +
                      backdoored.directory().string() + " and " +
                      shape_text(pretrained.info(name).shape) + " in " +
                      pretrained.directory().string() + "; give the model it was fine-tuned from" +
                      (name == kWordEmbeddings ? ", or --vocab-mismatch shared-rows" : ""));
    }
  }
  for (const auto& entry : pretrained.places()) {
    if (is_backbone(entry.first) && !backdoored.contains(entry.first)) {
      throw Error(ErrorKind::kMismatch, backdoored.directory().string() + ": no tensor " +
                                            quote(entry.second.name) + ", which " +
                                            pretrained.directory().string() + " has");
    }
  }
}

}  // namespace finemix
