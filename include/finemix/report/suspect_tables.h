#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/record/estimated_asr.h"
#include "finemix/record/gate.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/report/table.h"

namespace finemix {

// What is said of suspected triggers and of gates, whichever verb found or held them.

// "“cf”", "“cf” (first in the text)" or "“tivi” (likely of “tivoli”)", cut to what a line takes.
std::string trigger_name(const SuspectedTrigger& trigger);
// A title for them, by whether any convicts.
std::string triggers_title(const std::vector<SuspectedTrigger>& triggers);
// The first `rows` of them, in bold those that convict.
Table trigger_table(const std::vector<SuspectedTrigger>& triggers, std::size_t rows);
// What "likely of" means there, after a space; "" where none of these triggers is named so.
std::string whole_words_text(const std::vector<SuspectedTrigger>& triggers);
// "moved 31 of 32 texts to label 1 (96.9 %); what the words mean explains 25.0 %"
std::string trigger_effect_text(const SuspectedTrigger& trigger);

// "96.9 % (78.0–99.9)"
std::string rate_text(const Rate& rate);
// What an estimate rests on: "450 candidates, the strongest tried on 64 texts of the data".
std::string search_text(std::uint64_t candidates, std::uint64_t texts,
                        const std::string& text_source);

Table gate_table(const std::vector<Gate>& gates);
// A sentence of each.
void add_gates_and_notes(std::vector<std::string>& sentences, const std::vector<Gate>& gates,
                         const std::vector<std::string>& notes);

}  // namespace finemix
