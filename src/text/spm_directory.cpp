#include "text/spm_directory.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/text/spm_model.h"
#include "finemix/text/unigram.h"
#include "text/spm_family.h"
#include "text/tokenizer_settings.h"

namespace finemix {
namespace {

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

const SpmFamilyTraits& require_family(const std::filesystem::path& directory,
                                      const TokenizerSettings& settings) {
  if (const SpmFamilyTraits* traits = find_spm_family(settings)) return *traits;
  std::string known;
  for (const SpmFamilyTraits& traits : kSpmFamilies) {
    known += (known.empty() ? "" : ", ") + std::string(traits.tokenizer_class);
  }
  const std::string& name = settings.tokenizer_class();
  refuse(
      directory.native(),
      (name.empty() ? "no tokenizer_config.json names a tokenizer_class, and the model_type is " +
                          quote(settings.model_type())
                    : "the tokenizer_class is " + quote(name)) +
          ": of a sentencepiece model, finemix supports " + known +
          "; any other needs a tokenizer.json");
}

struct Pieces {
  std::vector<std::string> texts;  // by id
  Unigram::Config config;
};

// The pieces that a class makes of the model's. The ids of CamemBERT and XLM-RoBERTa are those of
// fairseq, which had its own special tokens before the model's.
Pieces family_pieces(const SpmFamilyTraits& traits, const SpmModel& model,
                     const SpmSpecialTokens& special) {
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
    case SpmFamily::kAlbert:
      expect_unknown(1, 1);
      add_model_from(0);
      config.unknown_id = 1;
      break;
    case SpmFamily::kCamembert:
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
    case SpmFamily::kDeberta: {
      add_model_from(0);
      config.unknown_id = model.unknown_id;
      const auto unknown = std::ranges::find(pieces.texts, special[kUnk].content);
      const auto id = unknown - pieces.texts.begin();
      if (unknown != pieces.texts.end() && config.scores[static_cast<std::size_t>(id)] == 0) {
        config.unknown_id = id;
      }
      break;
    }
    case SpmFamily::kXlmRoberta:
      expect_unknown(0, 2);
      for (const SpmRole role : {kBos, kPad, kEos, kUnk}) add(special[role].content, 0);
      add_model_from(3);
      add(special[kMask].content, 0);
      config.unknown_id = 3;
      break;
  }
  return pieces;
}

// In the model's order.
std::vector<AddedToken> control_and_user_defined(const SpmModel& model) {
  std::vector<AddedToken> tokens;
  for (const SpmModel::Piece& piece : model.pieces) {
    const bool control = piece.type == SpmModel::PieceType::kControl;
    if (!control && piece.type != SpmModel::PieceType::kUserDefined) continue;
    tokens.push_back({.content = piece.text, .special = control});
  }
  return tokens;
}

}  // namespace

SubwordParts read_spm_directory(const std::filesystem::path& directory) {
  const TokenizerSettings settings(directory);
  const SpmFamilyTraits& traits = require_family(directory, settings);
  const SpmModel model = read_spm_model(directory / traits.file);
  const SpmSpecialTokens special = family_special_tokens(traits, settings);
  Pieces pieces = family_pieces(traits, model, special);

  TokenizerFrame frame;
  frame.name = model.name;
  frame.added_tokens = settings.added_tokens();
  const auto extra = settings.extra_tokens(TokenizerSettings::ExtraLists::kBeforeModel);
  apply_family_frame(traits, special, extra ? *extra : control_and_user_defined(model),
                     pieces.texts, frame);
  Vocabulary vocabulary(model.name, std::move(pieces.texts), frame.added_tokens);
  auto subwords = std::make_unique<SplitSubwords>(
      family_steps(traits, model.charsmap, settings, model.name), family_words(traits, settings),
      std::make_unique<Unigram>(vocabulary, pieces.config));
  return {std::move(frame), std::move(vocabulary), std::move(subwords)};
}

std::string read_spm_charsmap(const std::filesystem::path& directory) {
  return read_spm_model(directory / require_family(directory, TokenizerSettings(directory)).file)
      .charsmap;
}

}  // namespace finemix
