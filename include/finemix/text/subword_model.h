#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace finemix {

// Text between added tokens, well-formed UTF-8.
struct TextStretch {
  std::string_view text;
  bool begins_text = true;  // whether nothing stands before it in the whole text
};

// What a piece stands for in a text.
struct PieceText {
  std::string text;        // without the mark, if any, of how it joins what stands before
  bool continues = false;  // the word that the piece before it is of
};

// What tokenizers differ in: how text without added tokens becomes pieces of a vocabulary.
// Implementations are immutable after construction and safe to share between threads.
//
// A method that adds ids may stop early once these are at least `enough` in all: the first so many
// must be right then, whatever the rest of the text holds. Time must grow no faster than n log n in
// the text, for any text and any file; memory no faster than n.
class SubwordModel {
 public:
  virtual ~SubwordModel() = default;

  // Adds the ids of text as it was given.
  virtual void append(TextStretch stretch, std::size_t enough,
                      std::vector<std::int32_t>& ids) const = 0;
  // The same in two steps, for tokenizers with added tokens that are looked for between the two:
  // such tokens are compared in their own normalized forms.
  virtual std::string normalize(TextStretch stretch) const = 0;
  virtual void append_normalized(TextStretch stretch, std::size_t enough,
                                 std::vector<std::int32_t>& ids) const = 0;

  // Of a token of the vocabulary.
  virtual PieceText piece_text(const std::string& token) const = 0;
  // The id of what the vocabulary has no piece for; -1 when there is none.
  virtual std::int32_t unknown_id() const = 0;
};

}  // namespace finemix
