#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/text/tokenizer_frame.h"
#include "text/tokenizer_settings.h"

namespace finemix {

// Adds those of `more` whose content `tokens` lacks, with the vocabulary's ids or, in their order,
// the next free ones. Time grows with the number of tokens, not with its square.
void add_tokens(const std::vector<AddedToken>& more, const std::vector<std::string>& vocabulary,
                std::vector<AddedToken>& tokens);

// Finds the tokens that play a role, such as "cls_token", for a tokenizer that comes without
// tokenizer.json, and makes them added tokens. The arguments must outlive it.
class SpecialTokens {
 public:
  // `frame` has the settings' added tokens already.
  SpecialTokens(const TokenizerSettings& settings, const std::vector<std::string>& vocabulary,
                TokenizerFrame& frame)
      : settings_(settings), vocabulary_(vocabulary), frame_(frame) {}

  // The token's id; `fallback` is what the settings mean where they do not say. -1 when neither the
  // vocabulary nor the added tokens hold it.
  std::int32_t find(std::string_view role, const AddedToken& fallback);
  // Throws kMalformed when there is none.
  std::int32_t require(std::string_view role, const AddedToken& fallback);
  // Adds the settings' extra tokens, behind those with a role, which must have been looked for.
  void add_extra();

 private:
  const TokenizerSettings& settings_;
  const std::vector<std::string>& vocabulary_;
  TokenizerFrame& frame_;
  std::vector<AddedToken> missing_;  // looked for in vain
};

}  // namespace finemix
