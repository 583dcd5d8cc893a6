#pragma once

#include <cstddef>
#include <string>

#include "finemix/core/progress.h"
#include "finemix/eval/phrase_search.h"
#include "finemix/pipeline/stages.h"
#include "finemix/record/scan_record.h"

namespace finemix {

// How triggers are looked for.
struct TriggerFinderOptions {
  std::size_t twin_texts = 400;  // that each of the suspect's twins is taught with
  PhraseSearchOptions search;
};

struct ScanOptions {
  std::string pretrained;
  std::string backdoored;
  PairChecks checks;
  std::string data;         // ordinary texts of the task; empty: made from the vocabulary
  std::size_t texts = 512;  // of these, at most
  std::size_t shown = kShownTriggers;
  TriggerFinderOptions finder;
  FrequencyOptions frequency;  // of word pieces; not given: by their rank in the vocabulary
  RunOptions run;
};

// Whether a classifier carries a backdoor, from its weights and its answers alone. Throws
// finemix::Error; a verdict is no error.
ScanRecord run_scan(const ScanOptions& options, Progress& progress);

}  // namespace finemix
