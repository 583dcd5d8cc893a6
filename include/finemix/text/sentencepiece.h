#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace finemix {

// A sentencepiece model (Kudo and Richardson, EMNLP 2018), unigram or BPE. Ids are the model's own;
// which of them are special, and by how much a family shifts them, is the family's affair.
// Immutable after construction and safe to share between threads. The library's own checks are the
// only ones that are made of the file, so it must not be a suspect's.
class SentencePieceModel {
 public:
  // Throws kFile when the file cannot be read, kMalformed when it is no model.
  explicit SentencePieceModel(const std::filesystem::path& path);
  ~SentencePieceModel();

  // Ids of a text, without special tokens. Any bytes are accepted: invalid UTF-8 is read as U+FFFD.
  std::vector<std::int32_t> encode(std::string_view text) const;
  std::size_t size() const;
  const std::string& piece(std::int32_t id) const;
  // The unknown piece's id when the model has no such piece.
  std::int32_t id(std::string_view piece) const;

 private:
  std::string name_;
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace finemix
