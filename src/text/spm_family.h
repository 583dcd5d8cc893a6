#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/split_subwords.h"
#include "finemix/text/text_steps.h"
#include "finemix/text/tokenizer_frame.h"
#include "text/tokenizer_settings.h"

namespace finemix {

// Classes of transformers 5.23 over sentencepiece's models, and what they have of their own,
// wherever the pieces come from: a model file or a tokenizer.json.
enum class SpmFamily { kAlbert, kCamembert, kDeberta, kXlmRoberta };

enum SpmRole { kBos, kEos, kUnk, kSep, kPad, kCls, kMask };
inline constexpr std::size_t kSpmRoles = 7;
using SpmSpecialTokens = std::array<AddedToken, kSpmRoles>;  // by role, their ids still to be found

struct SpmFamilyTraits {
  SpmFamily family;
  std::string_view tokenizer_class;  // without a trailing "Fast"
  std::string_view file;
  // The tokens that play the roles, unless the settings name others.
  std::array<std::string_view, kSpmRoles> tokens;
};

inline constexpr SpmFamilyTraits kSpmFamilies[] = {
    {SpmFamily::kAlbert,
     "AlbertTokenizer",
     "spiece.model",
     {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"}},
    {SpmFamily::kCamembert,
     "CamembertTokenizer",
     "sentencepiece.bpe.model",
     {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"}},
    {SpmFamily::kDeberta,
     "DebertaV2Tokenizer",
     "spm.model",
     {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}},
    {SpmFamily::kXlmRoberta,
     "XLMRobertaTokenizer",
     "sentencepiece.bpe.model",
     {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"}},
};

// That of the settings' class, or null.
const SpmFamilyTraits* find_spm_family(const TokenizerSettings& settings);

SpmSpecialTokens family_special_tokens(const SpmFamilyTraits& traits,
                                       const TokenizerSettings& settings);

// `charsmap` is that of the model, empty if there is none. Throws kMalformed, naming `object`, at a
// table that is broken or a setting that finemix doesn't have.
TextSteps family_steps(const SpmFamilyTraits& traits, std::string_view charsmap,
                       const TokenizerSettings& settings, std::string_view object);

WordRule family_words(const SpmFamilyTraits& traits, const TokenizerSettings& settings);

// Adds to the frame's added tokens, which it has already, those with a role and then the extra
// ones; and sets the templates.
void apply_family_frame(const SpmFamilyTraits& traits, const SpmSpecialTokens& special,
                        const std::vector<AddedToken>& extra,
                        const std::vector<std::string>& pieces, TokenizerFrame& frame);

}  // namespace finemix
