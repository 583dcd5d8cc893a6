#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "finemix/text/charsmap.h"
#include "finemix/text/normal_forms.h"

namespace finemix {

// The steps of normalization that tokenizers for sentencepiece models are put together from. Each
// does what the `tokenizers` package's normalizer of that name does.

struct ReplaceStep {
  std::string pattern;  // not empty
  std::string content;
};

// Regex " {2,}".
struct ReplaceSpacesStep {
  std::string content;
};

// Regex "\s{2,}|[\n\r\t]", by one space.
struct JoinWhitespaceStep {};

struct StripAccentsStep {};  // drops marks of all kinds

struct LowercaseStep {};  // each character by itself

struct StripStep {
  bool left = true;
  bool right = true;
};

struct PrependStep {
  std::string content;  // before all text that is not empty
};

using TextStep = std::variant<ReplaceStep, ReplaceSpacesStep, JoinWhitespaceStep, NormalForm,
                              StripAccentsStep, LowercaseStep, StripStep, PrependStep, Charsmap>;

// Steps one after the other, over text that is well-formed UTF-8. Time is linear in the text, but
// for the sorting in a NormalForm.
class TextSteps {
 public:
  TextSteps() = default;
  // Throws kMalformed, naming `object`, where the steps could make a text grow more than any real
  // ones do: a hostile file may have each replace one letter by a hundred.
  TextSteps(std::vector<TextStep> steps, std::string_view object);

  // Whether some text's normalized form may leave out what it begins with.
  bool may_drop_beginning() const;

  // Replaces `text` by its normalized form. Throws kMalformed, naming the object, where a text
  // grows further than any real steps make it: memory is bounded by the text.
  void apply(std::string& text) const;

 private:
  std::vector<TextStep> steps_;
  std::string object_;
};

}  // namespace finemix
