#include "text/spm_directory.h"

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"
#include "finemix/text/split_subwords.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/unigram.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 1'000'000;

enum class Family { kAlbert, kCamembert, kDeberta, kXlmRoberta };

// What a tokenizer of transformers has for a class, in 5.23.
struct FamilyTraits {
  Family family;
  std::string_view tokenizer_class;  // without a trailing "Fast"
  std::string_view model_type;       // of config.json
  std::string_view file;
  // The tokens that play the roles below, unless the settings name others.
  std::array<std::string_view, 7> tokens;
};

constexpr std::array<std::string_view, 7> kRoles = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};
enum Role { kBos, kEos, kUnk, kSep, kPad, kCls, kMask };

constexpr FamilyTraits kFamilies[] = {
    {Family::kAlbert,
     "AlbertTokenizer",
     "albert",
     "spiece.model",
     {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"}},
    {Family::kCamembert,
     "CamembertTokenizer",
     "camembert",
     "sentencepiece.bpe.model",
     {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"}},
    {Family::kDeberta,
     "DebertaV2Tokenizer",
     "deberta-v2",
     "spm.model",
     {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}},
    {Family::kXlmRoberta,
     "XLMRobertaTokenizer",
     "xlm-roberta",
     "sentencepiece.bpe.model",
     {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"}},
};

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

const FamilyTraits& find_family(const std::filesystem::path& directory,
                                const TokenizerSettings& settings) {
  std::string name = settings.tokenizer_class();
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  std::string model_type;
  const std::filesystem::path config = directory / "config.json";
  if (name.empty() && std::filesystem::exists(config)) {
    model_type = json_string_or(read_json_file(config, kMaxConfigBytes, Links::kOnlyIntoHubBlobs),
                                "model_type", "", config.native());
  }
  std::string known;
  for (const FamilyTraits& traits : kFamilies) {
    if (name.empty() ? model_type == traits.model_type : name == traits.tokenizer_class) {
      return traits;
    }
    known += (known.empty() ? "" : ", ") + std::string(traits.tokenizer_class);
  }
  refuse(
      directory.native(),
      (name.empty() ? "no tokenizer_config.json names a tokenizer_class, and the model_type is " +
                          quote(model_type)
                    : "the tokenizer_class is " + quote(name)) +
          ": of a sentencepiece model, finemix supports " + known +
          "; any other needs a tokenizer.json");
}

using SpecialTokens = std::array<AddedToken, kRoles.size()>;

SpecialTokens read_special_tokens(const FamilyTraits& traits, const TokenizerSettings& settings) {
  SpecialTokens tokens;
  for (std::size_t role = 0; role < kRoles.size(); ++role) {
    AddedToken fallback;
    fallback.content = traits.tokens[role];
    fallback.left_strip = traits.family == Family::kCamembert && role == kMask;
    tokens[role] = settings.special_token(kRoles[role], fallback);
  }
  return tokens;
}

struct Pieces {
  std::vector<std::string> texts;  // by id
  Unigram::Config config;
};

// The pieces that a class makes of the model's. The ids of CamemBERT and XLM-RoBERTa are those of
// fairseq, which had its own special tokens before the model's.
Pieces family_pieces(const FamilyTraits& traits, const SpmModel& model,
                     const SpecialTokens& special) {
  Pieces pieces;
  Unigram::Config& config = pieces.config;
  config.name = model.name;
  const auto add = [&](const std::string& piece, double score) {
    pieces.texts.push_back(piece);
    config.scores.push_back(score);
  };
  const auto add_model_from = [&](std::size_t first) {
    for (std::size_t id = first; id < model.pieces.size(); ++id) {
      add(model.pieces[id].text, static_cast<double>(model.pieces[id].score));
    }
  };
  const auto expect_unknown = [&](std::int32_t low, std::int32_t high) {
    if (model.unknown_id >= low && model.unknown_id <= high) return;
    refuse(model.name, "the UNKNOWN piece is " + std::to_string(model.unknown_id) + ", but " +
                           std::string(traits.tokenizer_class) + " expects " + std::to_string(low) +
                           (low == high ? "" : " to " + std::to_string(high)));
  };
  switch (traits.family) {
    case Family::kAlbert:
      expect_unknown(1, 1);
      add_model_from(0);
      config.unknown_id = 1;
      break;
    case Family::kCamembert:
      if (model.algorithm != SpmModel::Algorithm::kUnigram) {
        refuse(model.name, "it is a BPE model, but CamembertTokenizer expects a unigram one");
      }
      expect_unknown(0, 0);
      add("<s>NOTUSED", 0);
      add(special[kPad].content, 0);
      add("</s>NOTUSED", 0);
      add(special[kUnk].content, 0);
      add("<unk>NOTUSED", -100);
      add_model_from(1);
      add(special[kMask].content, 0);
      config.unknown_id = 3;
      break;
    case Family::kDeberta: {
      add_model_from(0);
      config.unknown_id = model.unknown_id;
      const auto unknown = std::ranges::find(pieces.texts, special[kUnk].content);
      const auto id = unknown - pieces.texts.begin();
      if (unknown != pieces.texts.end() && config.scores[static_cast<std::size_t>(id)] == 0) {
        config.unknown_id = id;
      }
      break;
    }
    case Family::kXlmRoberta:
      expect_unknown(0, 2);
      for (const Role role : {kBos, kPad, kEos, kUnk}) add(special[role].content, 0);
      add_model_from(3);
      add(special[kMask].content, 0);
      config.unknown_id = 3;
      break;
  }
  return pieces;
}

TextSteps family_steps(const FamilyTraits& traits, const SpmModel& model,
                       const TokenizerSettings& settings) {
  std::vector<TextStep> steps;
  if (traits.family == Family::kDeberta) {
    // The model's own table is not asked.
    if (settings.flag("split_by_punct", false)) {
      refuse(model.name, "tokenizer_config.json sets split_by_punct, which finemix does not have");
    }
    if (settings.flag("do_lower_case", false)) steps.emplace_back(LowercaseStep{});
    steps.emplace_back(JoinWhitespaceStep{});
    steps.emplace_back(NormalForm::kNfc);
    steps.emplace_back(StripStep{false, true});
    return {std::move(steps), model.name};
  }
  if (traits.family == Family::kAlbert) {
    steps.emplace_back(ReplaceStep{"``", "\""});
    steps.emplace_back(ReplaceStep{"''", "\""});
    if (!settings.flag("keep_accents", false)) {
      steps.emplace_back(NormalForm::kNfkd);
      steps.emplace_back(StripAccentsStep{});
    }
    if (settings.flag("do_lower_case", true)) steps.emplace_back(LowercaseStep{});
  }
  if (!model.charsmap.empty()) steps.emplace_back(Charsmap(model.charsmap, model.name));
  return {std::move(steps), model.name};
}

WordRule family_words(const FamilyTraits& traits, const TokenizerSettings& settings) {
  const bool deberta = traits.family == Family::kDeberta;
  Metaspace metaspace;
  if (!settings.add_prefix_space(true)) {
    metaspace.prepend = deberta ? Metaspace::Prepend::kFirst : Metaspace::Prepend::kNever;
  }
  return {!deberta, metaspace};
}

// In the order in which transformers adds them: those of the settings, those with a role, then the
// model's control and user-defined pieces.
std::vector<AddedToken> family_added_tokens(const SpmModel& model, const SpecialTokens& special,
                                            const TokenizerSettings& settings,
                                            const std::vector<std::string>& pieces) {
  std::vector<AddedToken> tokens = settings.added_tokens();
  const auto add = [&](const AddedToken& token) {
    if (std::ranges::find(tokens, token.content, &AddedToken::content) == tokens.end()) {
      tokens.push_back(token);
    }
  };
  for (const AddedToken& token : special) add(token);
  for (const SpmModel::Piece& piece : model.pieces) {
    if (piece.type != SpmModel::PieceType::kControl &&
        piece.type != SpmModel::PieceType::kUserDefined) {
      continue;
    }
    AddedToken token;
    token.content = piece.text;
    token.special = piece.type == SpmModel::PieceType::kControl;
    add(token);
  }
  auto next = static_cast<std::int32_t>(pieces.size());
  for (AddedToken& token : tokens) {
    if (token.id >= 0) {
      next = std::max(next, token.id + 1);
      continue;
    }
    const auto found = std::ranges::find(pieces, token.content);
    token.id = found != pieces.end() ? static_cast<std::int32_t>(found - pieces.begin()) : next++;
  }
  return tokens;
}

std::int32_t id_of(const TokenizerFrame& frame, const AddedToken& token) {
  return std::ranges::find(frame.added_tokens, token.content, &AddedToken::content)->id;
}

}  // namespace

bool has_spm_model(const std::filesystem::path& directory) {
  return std::ranges::any_of(kFamilies, [&](const FamilyTraits& traits) {
    return std::filesystem::exists(directory / traits.file);
  });
}

SubwordParts read_spm_directory(const std::filesystem::path& directory) {
  const TokenizerSettings settings(directory);
  const FamilyTraits& traits = find_family(directory, settings);
  const SpmModel model = read_spm_model(directory / traits.file);
  const SpecialTokens special = read_special_tokens(traits, settings);
  Pieces pieces = family_pieces(traits, model, special);

  TokenizerFrame frame;
  frame.name = model.name;
  frame.added_tokens = family_added_tokens(model, special, settings, pieces.texts);
  const std::int32_t cls = id_of(frame, special[kCls]);
  const std::int32_t sep = id_of(frame, special[kSep]);
  if (traits.family == Family::kAlbert || traits.family == Family::kDeberta) {
    set_bert_templates(frame, cls, sep);
  } else {
    set_roberta_templates(frame, id_of(frame, special[kBos]), id_of(frame, special[kEos]));
  }
  Vocabulary vocabulary(model.name, std::move(pieces.texts), frame.added_tokens);
  auto subwords = std::make_unique<SplitSubwords>(
      family_steps(traits, model, settings), family_words(traits, settings),
      std::make_unique<Unigram>(vocabulary, pieces.config));
  return {std::move(frame), std::move(vocabulary), std::move(subwords)};
}

}  // namespace finemix
