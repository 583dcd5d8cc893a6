#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// What a sentencepiece model file (Kudo and Richardson, EMNLP 2018) says, checked: its reader is
// ours, and trusts nothing. The sentencepiece library is not asked: up to 0.2.1 it reads outside of
// its tables where a file's offsets lead there, recurses once for each byte of a piece, and takes
// a NUL byte for a piece's end.
struct SpmModel {
  enum class Algorithm { kUnigram = 1, kBpe = 2 };
  enum class PieceType {
    kNormal = 1,
    kUnknown = 2,
    kControl = 3,
    kUserDefined = 4,
    kUnused = 5,
    kByte = 6
  };
  struct Piece {
    std::string text;  // UTF-8, not empty, without NUL bytes, of at most kMaxTokenBytes
    float score = 0;   // finite
    PieceType type = PieceType::kNormal;
    bool operator==(const Piece&) const = default;
  };

  std::string name;  // the file, for messages
  Algorithm algorithm = Algorithm::kUnigram;
  std::vector<Piece> pieces;    // by id; distinct; one is kUnknown
  std::int32_t unknown_id = 0;  // of that one
  bool byte_fallback = false;   // then there are 256 kByte pieces, else none
  std::string charsmap;         // of the normalizer, for a Charsmap; empty if there is none
};

// Reads a model that lies in memory. `name` is the file, for messages. Throws kMalformed, naming
// the piece or the field, at anything that a Piece or SpmModel may not be; at models of words or
// characters; at a field of the wrong type, or one that is there twice; and at ids of special
// pieces that lie outside, or at ordinary pieces. Fields that finemix does not know are skipped.
SpmModel parse_spm_model(std::string_view file, std::string_view name);

// read_text_file + parse_spm_model.
SpmModel read_spm_model(const std::filesystem::path& path);

}  // namespace finemix
