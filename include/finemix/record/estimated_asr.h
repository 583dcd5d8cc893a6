#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/rate.h"
#include "finemix/record/suspected_trigger.h"

namespace finemix {

// Where the texts of a search for triggers came from.
inline constexpr std::string_view kTextsFromData = "data";
inline constexpr std::string_view kTextsFromVocabulary = "vocabulary";  // made by finemix

// How well the strongest trigger that could be found works on one model.
struct AsrEstimate {
  // Its interval allows for the triggers that were compared. Null where nothing was found that
  // does more than what words mean.
  std::optional<Rate> asr;
  std::vector<SuspectedTrigger> triggers;  // the strongest first
  std::uint64_t candidates = 0;            // triggers that were tried out
  std::uint64_t texts = 0;                 // that they were tried on
  std::string text_source;                 // one of these two; empty where there were none
  // That no triggers were looked for to: too few texts are of another one, or the model gives this
  // one to all of them.
  std::vector<std::int64_t> unsearched_labels;
};

// "; no triggers to label 0 or 1 were looked for: …" and why; of no labels nothing.
std::string unsearched_text(const std::vector<std::int64_t>& labels);

// What stands in for the attack success rate where no attack is known.
struct EstimatedAsr {
  AsrEstimate before;      // of the suspect
  AsrEstimate remeasured;  // the suspect's triggers put to the purified model
  AsrEstimate fresh;       // searched anew on the purified model
};

// Of the two on the purified model the one that is worse for it, with the labels that the fresh
// search left out.
AsrEstimate after(const EstimatedAsr& estimated);

Json to_json(const AsrEstimate& estimate);
Json to_json(const EstimatedAsr& estimated);

}  // namespace finemix
