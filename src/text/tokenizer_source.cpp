#include "text/tokenizer_source.h"

#include <algorithm>

#include "finemix/io/bytes.h"
#include "text/spm_family.h"

namespace finemix {

TokenizerSource tokenizer_source(const std::filesystem::path& directory) {
  const auto has = [&](const auto& name) { return is_there(directory / name); };
  if (has("tokenizer.json")) return TokenizerSource::kJson;
  if (has("vocab.txt")) return TokenizerSource::kVocabulary;
  if (has("vocab.json") && has("merges.txt")) return TokenizerSource::kMerges;
  return std::ranges::any_of(kSpmFamilies, has, &SpmFamilyTraits::file) ? TokenizerSource::kSpm
                                                                        : TokenizerSource::kNone;
}

}  // namespace finemix
