#include "finemix/io/torch_zip.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "io/state_dict_pickle.h"
#include "io/zip_directory.h"

namespace finemix {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the storages' bytes are used as they are");

constexpr std::uint64_t kMaxPickleBytes = 16 << 20;
constexpr std::uint64_t kMaxNoteBytes = 16;  // of byteorder and version
// Tied weights: each of up to so many names for the same bytes. More would let a small file ask for
// any amount of memory.
constexpr std::uint64_t kMaxShared = 16;
// Of a tensor that is not stored row-major: to read a part of one, all of it is held.
constexpr std::uint64_t kMaxGathered = 1 << 30;

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(path.native()) + ": " + found);
}

[[noreturn]] void refuse_tensor(const std::filesystem::path& path, std::string_view name,
                                const std::string& found) {
  refuse(path, "tensor " + quote(name) + ": " + found);
}

// Says what a file is that is no ZIP archive.
void check_is_zip(const InputFile& file) {
  using namespace std::string_view_literals;
  constexpr std::string_view kArchive = "PK\x03\x04"sv;
  constexpr std::string_view kPickle = "\x80"sv;
  // The pickled number 0x1950a86a20f9469cfc6c, by which torch.save's older format begins.
  constexpr std::string_view kLegacy = "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9\x20\x6A\xA8\x50\x19"sv;
  std::string begin(std::min<std::uint64_t>(kLegacy.size(), file.size()), '\0');
  file.read(0, std::as_writable_bytes(std::span(begin)));
  if (begin.starts_with(kArchive)) return;
  constexpr std::string_view kConvert =
      ": convert it where a stranger's file can do no harm: python -c \"import torch; "
      "torch.save(torch.load('IN', weights_only=True), 'OUT')\"";
  if (begin == kLegacy) {
    refuse(file.path(), "is in torch.save's format from before torch 1.6, expected the ZIP format" +
                            std::string(kConvert));
  }
  if (begin.starts_with(kPickle)) {
    refuse(file.path(), "is a plain pickle, expected a state dict in the ZIP format of torch.save" +
                            std::string(kConvert));
  }
  refuse(file.path(), "begins with " + quote(begin.substr(0, 4)) +
                          ", expected 'PK\\x03\\x04': no ZIP archive of torch.save");
}

// The archive's entries under their names within its one folder.
class Archive {
 public:
  explicit Archive(const InputFile& file) : file_(file) {
    std::string folder;
    for (ZipEntry& entry : read_zip_directory(file)) {
      const std::size_t slash = entry.name.find('/');
      const std::string top = entry.name.substr(0, slash);
      if (slash == std::string::npos || (!folder.empty() && top != folder)) {
        refuse(file.path(), "entry " + quote(entry.name) + " is not in the one folder" +
                                (folder.empty() ? "" : " " + quote(folder)) +
                                ", expected all in one as torch.save has it");
      }
      folder = top;
      std::string name = entry.name.substr(slash + 1);
      entries_.emplace(std::move(name), std::move(entry));
    }
  }

  const ZipEntry* find(const std::string& name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : &found->second;
  }

  std::string read(const std::string& name, std::uint64_t limit) const {
    const ZipEntry* const entry = find(name);
    if (entry == nullptr) {
      refuse(file_.path(), "has no entry " + quote(name) + ": no file of torch.save");
    }
    return read_zip_entry(file_, *entry, limit);
  }

  const std::map<std::string, ZipEntry>& entries() const { return entries_; }

 private:
  const InputFile& file_;
  std::map<std::string, ZipEntry> entries_;
};

void check_byte_order(const std::filesystem::path& path, const Archive& archive) {
  constexpr const char* kEntry = "byteorder";
  if (archive.find(kEntry) == nullptr) return;  // before torch 2.1: as the machine that wrote it
  const std::string order = archive.read(kEntry, kMaxNoteBytes);
  if (order != "little") {
    refuse(path, "has byte order " + quote(order) +
                     ", expected 'little': save it again on a little-endian machine");
  }
}

// torch's own reader takes 1 to 10 (kMaxSupportedFileFormatVersion of its versions.h); state dicts
// are written as 3.
void check_version(const std::filesystem::path& path, const Archive& archive) {
  std::string version = archive.read("version", kMaxNoteBytes);
  if (version.ends_with('\n')) version.pop_back();
  const bool known = version == "10" || (version.size() == 1 && version >= "1" && version <= "9");
  if (!known) {
    refuse(path, "has format version " + quote(version) + ", expected one from 1 to 10");
  }
}

// An entry that nothing names could hold anything, and what torch.jit.save writes is no state dict.
void check_all_are_known(const std::filesystem::path& path, const Archive& archive,
                         const std::map<std::string, DType>& storages) {
  for (const auto& [name, entry] : archive.entries()) {
    const bool known = name == "data.pkl" || name == "version" || name == "byteorder" ||
                       name.starts_with('.') || storages.contains(name);
    if (known) continue;
    refuse(path, "entry " + quote(entry.name) +
                     (name.starts_with("data/") ? " is a storage that no tensor is in"
                                                : " is no part of a state dict") +
                     ", expected data.pkl, its storages, version and byteorder only");
  }
}

// Whether the elements lie row-major without gaps; strides of dimensions of size 1 say nothing.
bool is_contiguous(const PickledTensor& tensor) {
  std::int64_t expected = 1;
  for (std::size_t d = tensor.shape.size(); d-- > 0;) {
    if (tensor.shape[d] != 1 && tensor.strides[d] != expected) return false;
    expected *= tensor.shape[d];
  }
  return true;
}

// Whether no two indices of the tensor mean the same element: sorted by stride, each stride leads
// past all that the ones before can reach. The tensor's reach fits in 63 bits.
bool elements_are_apart(const PickledTensor& tensor) {
  std::vector<std::pair<std::int64_t, std::int64_t>> dimensions;  // stride, size
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    if (tensor.shape[d] > 1) dimensions.emplace_back(tensor.strides[d], tensor.shape[d]);
  }
  std::sort(dimensions.begin(), dimensions.end());
  std::int64_t reach = 0;
  for (const auto& [stride, size] : dimensions) {
    if (stride <= reach) return false;
    reach += stride * (size - 1);
  }
  return true;
}

// The place of the tensor's last element in its storage: offset and strides times sizes, of empty
// tensors too. Nothing when it does not fit in 63 bits.
std::optional<std::int64_t> last_element(const PickledTensor& tensor) {
  std::int64_t last = tensor.offset;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    std::int64_t reach = 0;
    const std::int64_t steps = std::max<std::int64_t>(tensor.shape[d], 1) - 1;
    if (__builtin_mul_overflow(steps, tensor.strides[d], &reach) ||
        __builtin_add_overflow(last, reach, &last)) {
      return std::nullopt;
    }
  }
  return last;
}

// Checks a tensor against the storage that it says it is in.
TensorInfo place_tensor(const std::filesystem::path& path, const PickledTensor& tensor,
                        const ZipEntry& storage) {
  const auto refuse_this = [&](const std::string& found) {
    refuse_tensor(path, tensor.name, found);
  };
  const std::string_view fault = name_fault(tensor.name);
  if (!fault.empty()) {
    refuse_this("the name " + std::string(fault) + ", of a tensor in storage " +
                quote(tensor.storage));
  }
  if (printable(tensor.name, tensor.name.size()) != tensor.name) {
    refuse_this("the name is not printable UTF-8");
  }

  const auto elements = static_cast<std::uint64_t>(tensor.storage_elements);
  const std::uint64_t width = dtype_size(tensor.dtype);
  if (storage.bytes % width != 0 || storage.bytes / width != elements) {
    refuse_this("storage " + quote(tensor.storage) + " is said to be " + std::to_string(elements) +
                " elements of " + std::string(dtype_name(tensor.dtype)) + ", but has " +
                std::to_string(storage.bytes) + " bytes");
  }
  const auto where = [&] {
    return "shape " + shape_text(tensor.shape) + " with strides " + shape_text(tensor.strides) +
           " from element " + std::to_string(tensor.offset) + " on ";
  };
  const std::optional<std::uint64_t> bytes = tensor_bytes(tensor.dtype, tensor.shape);
  const std::optional<std::int64_t> last = last_element(tensor);
  if (!bytes || !last) refuse_this(where() + "takes over 2^63 bytes");
  const bool within =
      *bytes == 0 ? tensor.offset <= tensor.storage_elements : *last < tensor.storage_elements;
  if (!within) {
    refuse_this(where() + "reaches beyond the " + std::to_string(elements) +
                " elements of its storage");
  }
  TensorInfo info{std::string(tensor.name), tensor.dtype, tensor.shape,
                  storage.offset + static_cast<std::uint64_t>(tensor.offset) * width, *bytes};
  if (*bytes != 0 && !is_contiguous(tensor)) {
    if (!elements_are_apart(tensor)) {
      refuse_this(where() +
                  "holds an element more than once, as expand() makes it: save it after "
                  ".contiguous()");
    }
    if (*bytes > kMaxGathered) {
      refuse_this(where() + "takes " + std::to_string(*bytes) + " bytes, expected at most " +
                  std::to_string(kMaxGathered) +
                  " where it is not stored row-major: save it after .contiguous()");
    }
    info.strides = tensor.strides;
  }
  return info;
}

}  // namespace

TorchZipReader::TorchZipReader(const std::filesystem::path& path, Links links)
    : TensorFile(path, links) {
  check_is_zip(file());
  const Archive archive(file());
  check_byte_order(path, archive);
  const std::string pickle = archive.read("data.pkl", kMaxPickleBytes);
  const std::vector<PickledTensor> pickled =
      parse_state_dict_pickle(pickle, printable(path.native()) + ": data.pkl");

  std::map<std::string, DType> storages;  // those that are named, by their entries' names
  std::vector<TensorInfo> tensors;
  tensors.reserve(pickled.size());
  std::uint64_t total = 0;
  for (const PickledTensor& tensor : pickled) {
    const std::string entry = "data/" + std::string(tensor.storage);
    const ZipEntry* const storage = archive.find(entry);
    if (storage == nullptr) {
      refuse_tensor(path, tensor.name, "its storage " + quote(entry) + " is not in the archive");
    }
    if (storages.emplace(entry, tensor.dtype).first->second != tensor.dtype) {
      refuse_tensor(path, tensor.name, "its storage " + quote(entry) + " is in two dtypes");
    }
    tensors.push_back(place_tensor(path, tensor, *storage));
    total += tensors.back().reach();  // what is read for it
    if (total / kMaxShared > file().size()) {
      refuse_tensor(path, tensor.name,
                    "with it the tensors take more than " + std::to_string(kMaxShared) +
                        " times the bytes of the file: they share storages");
    }
  }
  check_version(path, archive);
  check_all_are_known(path, archive, storages);
  hold(std::move(tensors));
}

}  // namespace finemix
