#include "pipeline/input_hashes.h"

#include <utility>

#include "finemix/io/checkpoint.h"
#include "finemix/io/manifest.h"

namespace finemix {
namespace {

std::string hash_of_model(const std::string& location) {
  const Checkpoint model = Checkpoint::open(location);
  return sha256_files(model.directory(), model.files());
}

std::string hash_of_tokenizer(const std::string& location) {
  const std::filesystem::path directory = model_directory(location);
  return sha256_files(directory, tokenizer_files(directory));
}

std::string hash_of_file(const std::string& path) { return sha256_file(path); }

}  // namespace

InputHashes::InputHashes(std::vector<InputRecord> models, std::vector<InputRecord> files) {
  const auto start = [this](std::vector<InputRecord>& inputs, auto* hash) {
    for (InputRecord& input : inputs) {
      if (input.path.empty()) continue;
      hashes_.push_back(std::async(hash, input.path));  // deferred where there is no thread
      inputs_.push_back(std::move(input));
    }
  };
  std::vector<InputRecord> tokenizers = models;
  for (InputRecord& tokenizer : tokenizers) tokenizer.name += "_tokenizer";
  start(models, hash_of_model);
  start(tokenizers, hash_of_tokenizer);
  start(files, hash_of_file);
}

std::vector<InputRecord> InputHashes::get() {
  for (std::size_t i = 0; i < inputs_.size(); ++i) inputs_[i].sha256 = hashes_[i].get();
  return std::move(inputs_);
}

}  // namespace finemix
