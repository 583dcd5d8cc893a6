#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/piece_model.h"
#include "finemix/text/subword_model.h"
#include "finemix/text/text_steps.h"

namespace finemix {

// The `tokenizers` package's Metaspace: spaces become a visible mark, which words begin with.
struct Metaspace {
  enum class Prepend { kAlways, kFirst, kNever };
  std::string mark = "\u2581";
  Prepend prepend = Prepend::kAlways;  // kFirst: only where the text begins
  bool splits = true;                  // each mark begins a word
};

// How normalized text is cut into words that a PieceModel gets one by one.
struct WordRule {
  bool by_whitespace = false;  // which is dropped
  std::optional<Metaspace> metaspace;
};

// The models of sentencepiece: steps of normalization, a rule for words, and a model of pieces.
class SplitSubwords : public SubwordModel {
 public:
  SplitSubwords(TextSteps steps, WordRule rule, std::unique_ptr<const PieceModel> pieces)
      : steps_(std::move(steps)), rule_(std::move(rule)), pieces_(std::move(pieces)) {}

  void append(TextStretch stretch, std::size_t enough,
              std::vector<std::int32_t>& ids) const override;
  std::string normalize(TextStretch stretch) const override;
  void append_normalized(TextStretch stretch, std::size_t enough,
                         std::vector<std::int32_t>& ids) const override;
  PieceText piece_text(const std::string& token) const override;
  std::int32_t unknown_id() const override { return pieces_->unknown_id(); }

 private:
  void append_part(TextStretch part, std::size_t enough, std::vector<std::int32_t>& ids) const;

  TextSteps steps_;
  WordRule rule_;
  std::unique_ptr<const PieceModel> pieces_;
};

}  // namespace finemix
