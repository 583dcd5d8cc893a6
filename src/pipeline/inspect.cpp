#include "finemix/pipeline/inspect.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/listed.h"
#include "finemix/core/parallel.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/io/checkpoint.h"
#include "finemix/model/convert.h"
#include "finemix/model/stored_model.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceElements = 1 << 16;  // read at a time
constexpr std::size_t kListed = 4;               // names in a finding

std::vector<InspectionRecord::File> sizes(const std::vector<fs::path>& files) {
  std::vector<InspectionRecord::File> sized;
  for (const auto& file : files) {
    std::error_code unreadable;  // then its size is not to be had, and reads as the largest number
    sized.push_back({file.filename().string(), fs::file_size(file, unreadable)});
  }
  return sized;
}

std::string quoted(std::vector<std::string> names) {
  for (std::string& name : names) name = quote(name);
  return listed(names, kListed);
}

bool holds_non_finite(const Checkpoint& checkpoint, const TensorInfo& info) {
  std::atomic<bool> found = false;
  const std::size_t width = dtype_size(info.dtype);
  parallel_for(info.elements(), kPieceElements, [&](std::uint64_t begin, std::uint64_t end) {
    std::vector<std::byte> bytes;
    std::vector<float> values;
    for (; begin < end && !found; begin += kPieceElements) {
      throw_if_stopped();
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>(kPieceElements, end - begin));
      bytes.resize(count * width);
      values.resize(count);
      checkpoint.read(info.name, begin * width, bytes);
      convert(info.dtype, bytes, DType::kF32, std::as_writable_bytes(std::span(values)));
      if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
        found = true;
      }
    }
  });
  return found;
}

// What may run code in programs that finemix is not: it reads none of it.
void find_code(const Checkpoint& checkpoint, const Json& config, InspectionRecord& record) {
  if (config.contains("auto_map")) {
    record.findings.push_back(
        "config.json has auto_map: transformers would run code of the checkpoint if it is told to "
        "trust it");
  }
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entry(checkpoint.directory(), error);
  for (; !error && entry != fs::end(entry); entry.increment(error)) {
    const std::string extension = entry->path().extension();
    if (extension == ".py" || extension == ".pkl" || extension == ".pt" || extension == ".bin") {
      files.push_back(entry->path().filename());
    }
  }
  if (error) {
    record.findings.push_back("files that the directory may have beside these can't be listed: " +
                              error.message());
  }
  std::ranges::sort(files);
  if (!files.empty()) {
    record.findings.push_back(
        "files that can hold code, which finemix never runs but other programs may: " +
        quoted(files));
  }
}

void find_odd_tensors(const Checkpoint& checkpoint, InspectionRecord& record) {
  std::map<std::string, std::vector<std::string>> by_dtype;
  std::vector<std::string> non_finite;
  for (const std::string& name : checkpoint.tensor_names()) {
    const TensorInfo& info = checkpoint.info(name);
    if (!is_floating(info.dtype)) continue;
    by_dtype[std::string(dtype_name(info.dtype))].push_back(name);
    if (holds_non_finite(checkpoint, info)) non_finite.push_back(name);
  }
  if (!non_finite.empty()) {
    record.findings.push_back("NaN or infinite weights in " + quoted(non_finite));
  }
  if (by_dtype.size() > 1) {
    std::string types;
    for (const auto& [dtype, names] : by_dtype) {
      types += (types.empty() ? "" : ", ") + std::to_string(names.size()) + " in " + dtype;
    }
    record.findings.push_back("weights are of several types: " + types);
  }
}

// What only a model that finemix can run tells.
void inspect_model(const StoredModel& model, InspectionRecord& record) {
  const EncoderConfig& config = model.config();
  std::set<std::string> used;
  for (const auto& entry : model.places()) {
    used.insert(entry.second.name);
    record.parameters += model.info(entry.first).elements();
  }
  record.has_classifier = model.contains(kClassifierWeight);
  std::vector<std::string> unused;
  for (const std::string& name : model.checkpoint().tensor_names()) {
    if (!used.contains(name)) unused.push_back(name);
  }
  if (!unused.empty()) {
    record.findings.push_back("tensors that a classifier has no use for: " + quoted(unused));
  }
  if (!record.vocabulary_size) return;
  const auto rows = static_cast<std::uint64_t>(config.vocab_size);
  const std::uint64_t tokens = *record.vocabulary_size;
  if (tokens != rows) {
    record.findings.push_back("the tokenizer has " + std::to_string(tokens) +
                              " tokens, the model word embeddings for " + std::to_string(rows));
  }
}

}  // namespace

InspectionRecord run_inspect(const std::string& location) {
  const Checkpoint checkpoint = Checkpoint::open(location);
  InspectionRecord record;
  record.directory = checkpoint.directory().string();
  const Json config = parse_json(checkpoint.config_text(), "config.json");
  for (const auto& [key, value] : config.items()) {
    if (value.is_string()) {
      record.model_config.emplace_back(key, value.get<std::string>());
    } else if (value.is_primitive()) {
      record.model_config.emplace_back(key, value.dump());
    }
    if (key == "model_type" && value.is_string()) record.family = value.get<std::string>();
  }
  record.files = sizes(checkpoint.files());
  record.tokenizer_files = sizes(tokenizer_files(checkpoint.directory()));
  try {
    record.vocabulary_size = load_tokenizer(checkpoint.directory())->vocabulary_size();
  } catch (const Error& error) {
    record.tokenizer_error = error.what();
  }
  for (const std::string& name : checkpoint.tensor_names()) {
    const TensorInfo& info = checkpoint.info(name);
    record.tensors.push_back({name, std::string(dtype_name(info.dtype)), info.shape, info.bytes});
  }
  try {
    inspect_model(StoredModel::open(location), record);
  } catch (const Error& error) {
    record.model_error = error.what();
  }
  find_odd_tensors(checkpoint, record);
  find_code(checkpoint, config, record);
  return record;
}

}  // namespace finemix
