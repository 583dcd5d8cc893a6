#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/scan_record.h"

namespace finemix {

// How much more than ordinary words a suspected trigger does to short texts, 0 … 1: the flip rate
// beyond the twins', and how firmly all of them are moved.
double trigger_strength(const SuspectedTrigger& trigger);
// How likely it is that this is no accident, by where the texts came from that it was measured on,
// as AsrEstimate has it.
double trigger_score(double strength, std::string_view text_source);

// Whether all of its pieces are among these.
bool is_of(std::span<const std::int64_t> rows, const SuspectedTrigger& trigger);

// Whether one trigger is as strong as another but for a tenth.
bool nearly_as_strong(const SuspectedTrigger& trigger, const SuspectedTrigger& other);

// Drops phrases that hold all of one that convicts by itself, at any place or at theirs, and is
// nearly as strong: the rest of them means nothing.
void drop_longer(std::vector<SuspectedTrigger>& triggers);
// Drops what does not convict, and what is much weaker than the strongest that does: words of the
// label that stand out by accident.
void drop_weaker(std::vector<SuspectedTrigger>& triggers);

// What the parts of a record say. Triggers are strongest first.
Evidence trigger_evidence(const ScanRecord& record);
// Of the rows of the words that texts can hold, highest score first, and of the strongest trigger
// of those that stand out, if there is one.
Evidence row_evidence(const std::vector<EpurRow>& rows,
                      const std::vector<SuspectedTrigger>& triggers);
// `moved_rows` of `row_count` word embeddings differ from the pre-trained ones.
Evidence drift_evidence(const ScanRecord& record, std::uint64_t moved_rows,
                        std::uint64_t row_count);
// What differs between the two tokenizers and configurations, in words.
Evidence tokenizer_evidence(const std::vector<std::string>& differences,
                            const std::string& rewrites);
// Why the two can't belong together, in words; "" if nothing speaks against it.
Evidence provenance_evidence(const std::string& problem);

// Sets verdict, score and threshold from the evidence: one kind that convicts is enough.
void decide(ScanRecord& record);

}  // namespace finemix
