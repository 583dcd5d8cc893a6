#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "finemix/eval/metrics.h"
#include "finemix/pipeline/stages.h"
#include "finemix/record/attack_file.h"
#include "finemix/record/purify_record.h"
#include "finemix/record/records.h"

namespace finemix {

// What `attack` wrote, by its directory or by the file itself. Throws kFile, kMalformed.
AttackFile read_attack(const std::string& location);

// The attack to measure on a model of that many labels, or nothing when none is known. Throws
// kUsage when several are named; kMismatch when the target or the texts do not fit the model or the
// data; kMalformed, kFile where an attack's files are at fault.
std::optional<AttackProbe> make_probe(const ProbeOptions& options, const Dataset& data,
                                      std::int64_t labels, std::uint64_t seed);

// What the attack does, or nothing when none is known.
std::optional<MeasuredAttack> measured_attack(const ProbeOptions& options);

// The files that make_probe reads, without their hashes.
std::vector<InputRecord> probe_files(const ProbeOptions& options);

// Whether the seed says where in the texts a trigger goes: not where they come from a file.
bool probe_uses_seed(const ProbeOptions& options);

}  // namespace finemix
