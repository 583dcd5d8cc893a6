#include "finemix/model/streamed_model.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/in_order.h"
#include "finemix/core/parallel.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/json.h"
#include "finemix/io/safetensors_writer.h"
#include "finemix/io/sha256.h"
#include "finemix/model/convert.h"

namespace finemix {
namespace {

constexpr std::string_view kWeights = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";

constexpr std::size_t kSlots = 8;       // pieces that are alive at a time
constexpr std::size_t kMaxWorkers = 4;  // more only wait for the disk, and each takes memory

constexpr std::size_t kAhead = 16;  // pieces that the disk is asked for in advance

// A weight file to be written.
struct File {
  std::string name;
  SafetensorsPlan plan;
};

struct Piece {
  const File* file;
  const TensorInfo* tensor;
  std::uint64_t begin;
  std::size_t elements;
  bool first, last;  // of the file
};

// The name of a shard is the stranger's; it must not become that of a config or a manifest.
std::string shard_name(const StoredModel& like, std::string_view name) {
  if (!like.checkpoint().sharded()) return std::string(kWeights);
  std::string file = like.checkpoint().file_of(like.info(name).name);
  if (!file.ends_with(".safetensors")) {
    throw Error(ErrorKind::kMalformed, like.directory().string() + ": a shard is called " +
                                           quote(file) +
                                           ", expected a name that ends in .safetensors");
  }
  return file;
}

std::vector<File> plan_files(const StreamedModel& model) {
  std::map<std::string, std::vector<TensorInfo>> tensors;
  for (const auto& entry : model.like.names()) {
    const std::string& name = entry.first;
    tensors[shard_name(model.like, name)].push_back(
        {name, model.stored, model.like.info(name).shape});
  }
  for (const auto& [name, tensor] : model.replaced) {
    if (model.like.contains(name)) continue;
    tensors.rbegin()->second.push_back({name, model.stored, tensor.sizes().vec()});
  }
  std::vector<File> files;
  for (auto& [name, infos] : tensors) {
    files.push_back({name, plan_safetensors(std::move(infos))});
  }
  return files;
}

std::vector<Piece> cut(const std::vector<File>& files) {
  std::vector<Piece> pieces;
  for (const File& file : files) {
    const std::size_t first = pieces.size();
    for (const TensorInfo& tensor : file.plan.tensors) {
      std::uint64_t begin = 0;
      do {
        const std::uint64_t left = tensor.elements() - begin;
        const auto length =
            static_cast<std::size_t>(std::min<std::uint64_t>(kStreamedElements, left));
        pieces.push_back({&file, &tensor, begin, length, false, false});
        begin += length;
      } while (begin < tensor.elements());
    }
    pieces[first].first = true;
    pieces.back().last = true;
  }
  return pieces;
}

class Stream {
 public:
  Stream(const StreamedModel& model, const std::filesystem::path& directory)
      : model_(model), directory_(directory), files_(plan_files(model)), pieces_(cut(files_)) {}

  std::map<std::string, std::string> run() {
    run_in_order({.items = pieces_.size(), .slots = kSlots, .workers = streaming_workers()},
                 [this](const InOrderItem& item) { make(item); },
                 {[this](const InOrderItem& item) { hash(item); },
                  [this](const InOrderItem& item) { write(item); }});
    if (model_.like.checkpoint().sharded()) write_index();
    return std::move(hashes_);
  }

 private:
  void make(const InOrderItem& item) {
    throw_if_stopped();
    announce(item.index);
    const Piece& piece = pieces_[item.index];
    const std::size_t width = dtype_size(piece.tensor->dtype);
    std::vector<std::byte>& slot = slots_[item.slot];
    slot.resize(piece.elements * width);
    const auto replaced = model_.replaced.find(piece.tensor->name);
    if (replaced == model_.replaced.end()) {
      return model_.fill(piece.tensor->name, piece.begin, slot, item.worker);
    }
    const float* values = replaced->second.const_data_ptr<float>() + piece.begin;
    convert(DType::kF32, std::as_bytes(std::span(values, piece.elements)), model_.stored, slot);
  }

  // Every piece is announced once, kAhead pieces before it is made; the first of all together.
  void announce(std::size_t index) {
    if (!model_.announce) return;
    const std::size_t first = index == 0 ? 0 : index + kAhead;
    const std::size_t end = std::min(index + kAhead + 1, pieces_.size());
    for (std::size_t i = first; i < end; ++i) {
      const Piece& piece = pieces_[i];
      if (model_.replaced.contains(piece.tensor->name)) continue;
      model_.announce(piece.tensor->name, piece.begin, piece.elements);
    }
  }

  void hash(const InOrderItem& item) {
    const Piece& piece = pieces_[item.index];
    if (piece.first) {
      hash_.emplace();
      hash_->update(std::as_bytes(std::span(piece.file->plan.header)));
    }
    hash_->update(slots_[item.slot]);
    if (piece.last) hashes_[piece.file->name] = hash_->finish();
  }

  void write(const InOrderItem& item) {
    const Piece& piece = pieces_[item.index];
    if (piece.first) writer_.emplace(directory_ / piece.file->name, piece.file->plan);
    writer_->write(slots_[item.slot]);
    if (!piece.last) return;
    writer_->finish();
    writer_.reset();
  }

  void write_index() const {
    Json weight_map = Json::object();
    std::uint64_t total = 0;
    for (const File& file : files_) {
      for (const TensorInfo& tensor : file.plan.tensors) {
        weight_map[tensor.name] = file.name;
        total += tensor.bytes;
      }
    }
    const Json index = {{"metadata", {{"total_size", total}}}, {"weight_map", weight_map}};
    AtomicFile out(directory_ / kIndex, /*overwrite=*/false);
    out.write(json_text(index));
    out.commit();
  }

  const StreamedModel& model_;
  const std::filesystem::path& directory_;
  const std::vector<File> files_;
  const std::vector<Piece> pieces_;
  std::array<std::vector<std::byte>, kSlots> slots_;
  std::optional<Sha256> hash_;
  std::optional<SafetensorsWriter> writer_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace

std::size_t streaming_workers() {
  return std::min(kMaxWorkers, static_cast<std::size_t>(thread_count()));
}

std::uint64_t StreamedModel::bytes() const {
  std::uint64_t bytes = 1 << 20;  // headers, config, tokenizer, manifest
  for (const File& file : plan_files(*this)) bytes += file.plan.file_bytes();
  return bytes;
}

std::map<std::string, std::string> write_streamed(const StreamedModel& model,
                                                  const std::filesystem::path& directory) {
  std::map<std::string, std::string> hashes = Stream(model, directory).run();
  write_text_file(directory / "config.json", model.config_text, false);
  copy_tokenizer_files(model.like.directory(), directory);
  return hashes;
}

}  // namespace finemix
