#include "finemix/model/streamed_model.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "finemix/core/in_order.h"
#include "finemix/core/parallel.h"
#include "finemix/core/stop.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/safetensors_writer.h"
#include "finemix/io/sha256.h"
#include "finemix/model/convert.h"
#include "finemix/model/weight_files.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxWorkers = 4;  // more only wait for the disk, and each takes memory

constexpr std::size_t kAhead = 16;  // pieces that the disk is asked for in advance

// A weight file to be written.
struct File {
  std::string name;
  SafetensorsPlan plan;
  std::map<std::string, std::string> ours;  // from a tensor's name in the file to its own
};

struct Piece {
  const File* file;
  const TensorInfo* tensor;
  std::string_view name;  // of the tensor in the layout
  std::uint64_t begin;
  std::size_t elements;
  bool first, last;  // of the file
};

std::vector<File> plan_files(const StreamedModel& model, WeightFiles& weight_files) {
  std::map<std::string, std::vector<TensorInfo>> tensors;
  std::map<std::string, std::map<std::string, std::string>> ours;
  const auto add = [&](const std::string& name, std::vector<std::int64_t> shape,
                       std::uint64_t elements) {
    const StoredPlace place = weight_files.add(name, elements * dtype_size(model.stored));
    tensors[place.file].push_back({place.name, model.stored, std::move(shape)});
    ours[place.file].emplace(place.name, name);
  };
  for (const auto& entry : model.like.places()) {
    const TensorInfo& info = model.like.info(entry.first);
    add(entry.first, info.shape, info.elements());
  }
  for (const auto& [name, tensor] : model.replaced) {
    if (model.like.contains(name)) continue;
    add(name, tensor.sizes().vec(), static_cast<std::uint64_t>(tensor.numel()));
  }
  std::vector<File> files;
  for (auto& [name, infos] : tensors) {
    files.push_back({name, plan_safetensors(std::move(infos)), std::move(ours[name])});
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
        const std::string& name = file.ours.at(tensor.name);
        pieces.push_back({&file, &tensor, name, begin, length, false, false});
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
      : model_(model),
        directory_(directory),
        weight_files_(model.like.config(), model.like.places()),
        files_(plan_files(model, weight_files_)),
        pieces_(cut(files_)) {}

  std::map<std::string, std::string> run() {
    run_in_order(
        {.items = pieces_.size(), .slots = kStreamedPieces, .workers = streaming_workers()},
        [this](const InOrderItem& item) { make(item); },
        {[this](const InOrderItem& item) { hash(item); },
         [this](const InOrderItem& item) { write(item); }});
    weight_files_.write_index(directory_);
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
    const auto replaced = model_.replaced.find(piece.name);
    if (replaced == model_.replaced.end()) {
      return model_.fill(piece.name, piece.begin, slot, item.worker);
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
      if (model_.replaced.contains(piece.name)) continue;
      model_.announce(piece.name, piece.begin, piece.elements);
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

  const StreamedModel& model_;
  const std::filesystem::path& directory_;
  WeightFiles weight_files_;
  const std::vector<File> files_;
  const std::vector<Piece> pieces_;
  std::array<std::vector<std::byte>, kStreamedPieces> slots_;
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
  WeightFiles weight_files(like.config(), like.places());
  for (const File& file : plan_files(*this, weight_files)) bytes += file.plan.file_bytes();
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
