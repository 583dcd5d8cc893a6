#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/record/scan_record.h"
#include "finemix/report/table.h"

namespace finemix {

// What the summary of a scan on a terminal, its page and its other forms have in common.

// The model that was scanned, as it was named.
std::string scanned_model(const ScanRecord& record);

// The verdict, and what it rests on foremost; together a sentence for somebody who reads nothing
// else.
std::string verdict_title(const ScanRecord& record);
std::string verdict_ground(const ScanRecord& record);
std::string verdict_sentence(const ScanRecord& record);
// How surely, on what grounds.
std::string score_sentence(const ScanRecord& record);
// How often the strongest trigger works, and what that is known from.
std::string estimate_sentence(const ScanRecord& record);

// What a kind of evidence is called, and what it looks at; a name that is not known is its own.
std::string evidence_title(std::string_view name);
std::string evidence_help(std::string_view name);
// "suspicious", "worth a look" or "in order".
std::string evidence_judgement(const Evidence& evidence);
Table evidence_table(const ScanRecord& record);

// The tensors that moved furthest.
Table drift_table(const ScanRecord& record, std::size_t rows);

// What to do now, in the order in which to do it. A command stands alone in its element.
struct NextStep {
  std::string text;
  std::string command;  // of a shell; may be empty
};
std::vector<NextStep> next_steps(const ScanRecord& record);

}  // namespace finemix
