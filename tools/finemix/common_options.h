#pragma once

#include "finemix/pipeline/stages.h"
#include "option_table.h"

namespace finemix {

// Options that several verbs share, bound to the structs that they share.

void bind_pretrained(OptionTable& table, std::string* pretrained);
void bind_backdoored(OptionTable& table, std::string* backdoored);
// How strictly the two are checked to belong together.
void bind_checks(OptionTable& table, PairChecks* checks);
void bind_output(OptionTable& table, std::string* output, bool* overwrite, std::string help);
// The line that tells where a result is, and `what` of it is told besides.
std::string written_to(const std::string& output, const std::string& what = "");

// Device, precision, threads, seed and length.
void bind_run(OptionTable& table, RunOptions* run);
void bind_max_memory(OptionTable& table, std::uint64_t* bytes);
// Kind, trigger, target and dose; the kind brings defaults for what is bound after it.
void bind_attack(OptionTable& table, AttackOptions* attack);
void bind_training(OptionTable& table, TrainOptions* training);
void bind_resume(OptionTable& table, ResumeOptions* resume);
void bind_probe(OptionTable& table, ProbeOptions* probe);
void bind_reference(OptionTable& table, std::string* reference);
void bind_select(OptionTable& table, std::vector<std::string> choices, Select* select,
                 std::string help);
void bind_head(OptionTable& table, std::string* head);
void bind_epur(OptionTable& table, EpurOptions* epur, FrequencyOptions* frequency);

}  // namespace finemix
