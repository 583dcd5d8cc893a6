#include "text/spm_family.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "text/special_tokens.h"

namespace finemix {
namespace {

constexpr std::array<std::string_view, kSpmRoles> kRoleNames = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

}  // namespace

const SpmFamilyTraits* find_spm_family(const TokenizerSettings& settings) {
  const auto* const found =
      std::ranges::find(kSpmFamilies, std::string_view(settings.tokenizer_class()),
                        &SpmFamilyTraits::tokenizer_class);
  return found == std::end(kSpmFamilies) ? nullptr : found;
}

SpmSpecialTokens family_special_tokens(const SpmFamilyTraits& traits,
                                       const TokenizerSettings& settings) {
  SpmSpecialTokens tokens;
  for (std::size_t role = 0; role < kSpmRoles; ++role) {
    AddedToken fallback;
    fallback.content = traits.tokens[role];
    fallback.left_strip = traits.family == SpmFamily::kCamembert && role == kMask;
    tokens[role] = settings.special_token(kRoleNames[role], fallback);
  }
  return tokens;
}

TextSteps family_steps(const SpmFamilyTraits& traits, std::string_view charsmap,
                       const TokenizerSettings& settings, std::string_view object) {
  std::vector<TextStep> steps;
  if (traits.family == SpmFamily::kDeberta) {
    // The model's own table is not asked.
    if (settings.flag("split_by_punct", false)) {
      throw Error(ErrorKind::kMalformed,
                  printable(object) +
                      ": tokenizer_config.json sets split_by_punct, expected false: "
                      "finemix does not have it");
    }
    if (settings.flag("do_lower_case", false)) steps.emplace_back(LowercaseStep{});
    steps.emplace_back(JoinWhitespaceStep{});
    steps.emplace_back(NormalForm::kNfc);
    steps.emplace_back(StripStep{false, true});
    return {std::move(steps), object};
  }
  if (traits.family == SpmFamily::kAlbert) {
    steps.emplace_back(ReplaceStep{"``", "\""});
    steps.emplace_back(ReplaceStep{"''", "\""});
    if (!settings.flag("keep_accents", false)) {
      steps.emplace_back(NormalForm::kNfkd);
      steps.emplace_back(StripAccentsStep{});
    }
    if (settings.flag("do_lower_case", true)) steps.emplace_back(LowercaseStep{});
  }
  if (!charsmap.empty()) steps.emplace_back(Charsmap(charsmap, object));
  return {std::move(steps), object};
}

WordRule family_words(const SpmFamilyTraits& traits, const TokenizerSettings& settings) {
  const bool deberta = traits.family == SpmFamily::kDeberta;
  Metaspace metaspace;
  if (!settings.flag("add_prefix_space", true)) {
    metaspace.prepend = deberta ? Metaspace::Prepend::kFirst : Metaspace::Prepend::kNever;
  }
  return {!deberta, metaspace};
}

void apply_family_frame(const SpmFamilyTraits& traits, const SpmSpecialTokens& special,
                        const std::vector<AddedToken>& extra,
                        const std::vector<std::string>& pieces, TokenizerFrame& frame) {
  std::vector<AddedToken> more(special.begin(), special.end());
  more.insert(more.end(), extra.begin(), extra.end());
  add_tokens(more, pieces, frame.added_tokens);

  std::array<std::int32_t, kSpmRoles> ids{};
  for (std::size_t role = 0; role < kSpmRoles; ++role) {
    const auto token =
        std::ranges::find(frame.added_tokens, special[role].content, &AddedToken::content);
    token->special = true;
    ids[role] = token->id;
  }
  if (traits.family == SpmFamily::kAlbert || traits.family == SpmFamily::kDeberta) {
    set_bert_templates(frame, ids[kCls], ids[kSep]);
  } else {
    set_roberta_templates(frame, ids[kBos], ids[kEos]);
  }
}

}  // namespace finemix
