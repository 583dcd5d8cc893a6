#include "pipeline/probe.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/io/json.h"
#include "finemix/record/attack_file.h"
#include "finemix/text/dataset.h"
#include "finemix/text/trigger.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxRecordBytes = 16u << 20;
constexpr std::int64_t kUsualTarget = 1;

// What `attack` wrote, by its directory or by the file itself.
struct OpenedAttack {
  fs::path path;
  AttackFile file;

  fs::path beside(const std::string& name) const { return path.parent_path() / name; }
};

OpenedAttack open_attack(const std::string& location) {
  OpenedAttack opened;
  std::error_code error;
  opened.path =
      fs::is_directory(location, error) ? fs::path(location) / kAttackFile : fs::path(location);
  opened.file =
      attack_file_from_json(read_json_file(opened.path, kMaxRecordBytes), opened.path.native());
  return opened;
}

// A stranger's directory must not get a private file read under another name.
Dataset read_beside(const OpenedAttack& attack, const std::string& name) {
  const fs::path path = attack.beside(name);
  std::error_code error;
  if (fs::is_symlink(path, error)) {
    throw Error(ErrorKind::kMalformed, printable(path.native()) +
                                           " is a link, expected a regular file: put the file "
                                           "itself there if you trust where the link leads");
  }
  return read_dataset(path, true);
}

// Words of the data's rows stand in the texts of the same rows, with the trigger between them.
bool carries(const Dataset& poisoned, const Dataset& data) {
  return poisoned.size() == data.size() &&
         std::ranges::equal(poisoned.examples, data.examples, may_carry_trigger);
}

AttackProbe probe_of_record(const ProbeOptions& options, const Dataset& data, std::uint64_t seed) {
  const OpenedAttack attack = open_attack(options.attack);
  const AttackFile& file = attack.file;
  const std::int64_t target = file.attack.target_label;
  const std::optional<TriggerKind> kind = find_trigger_kind(file.trigger_kind);
  if (file.poisoned_test) {
    const Dataset poisoned = read_beside(attack, *file.poisoned_test);
    AttackProbe probe = probe_from_texts(poisoned, data, target);
    probe.from_data &= !kind || carries(poisoned, data);
    if (file.false_triggers_test) {
      probe.false_triggered =
          probe_from_texts(read_beside(attack, *file.false_triggers_test), data, target).triggered;
    }
    return probe;
  }
  if (!kind) {
    throw Error(ErrorKind::kUsage,
                printable(attack.path.native()) +
                    ": the trigger is a paraphrase, and the attack was made without "
                    "--poisoned-test: give --poisoned-data and --target-label instead");
  }
  return probe_with_trigger(data, Trigger{*kind, file.attack.triggers}, target, seed);
}

// Which label the attack aims at, and whether a model with that many has it.
std::int64_t checked_target(const ProbeOptions& options, std::int64_t labels) {
  std::int64_t target = options.target_label.value_or(kUsualTarget);
  std::string source = "--target-label is " + std::to_string(target);
  if (!options.attack.empty()) {
    const OpenedAttack attack = open_attack(options.attack);
    const std::string brought = printable(attack.path.native()) + " has target label " +
                                std::to_string(attack.file.attack.target_label);
    if (options.target_label && target != attack.file.attack.target_label) {
      throw Error(ErrorKind::kUsage,
                  source + ", but " + brought + ": leave it out, --attack brings its own");
    }
    target = attack.file.attack.target_label;
    source = brought;
  }
  if (target >= labels) {
    throw Error(ErrorKind::kMismatch, source + ", but the model has " + std::to_string(labels) +
                                          " labels, 0 to " + std::to_string(labels - 1));
  }
  return target;
}

AttackProbe probe_of(const ProbeOptions& options, const Dataset& data, std::int64_t target,
                     std::uint64_t seed) {
  if (!options.attack.empty()) return probe_of_record(options, data, seed);
  if (!options.poisoned_data.empty()) {
    return probe_from_texts(read_dataset(options.poisoned_data, true), data, target);
  }
  const Trigger trigger = options.triggers.empty()
                              ? Trigger{TriggerKind::kSentence, {options.trigger_sentence}}
                              : Trigger{TriggerKind::kWord, options.triggers};
  return probe_with_trigger(data, trigger, target, seed);
}

}  // namespace

AttackFile read_attack(const std::string& location) { return open_attack(location).file; }

std::optional<AttackProbe> make_probe(const ProbeOptions& options, const Dataset& data,
                                      std::int64_t labels, std::uint64_t seed) {
  const int named = !options.triggers.empty() + !options.trigger_sentence.empty() +
                    !options.poisoned_data.empty() + !options.attack.empty();
  if (named == 0) return std::nullopt;
  if (named > 1) {
    throw Error(ErrorKind::kUsage,
                "give one of --trigger, --trigger-sentence, --poisoned-data and --attack, not "
                "several");
  }
  AttackProbe probe = probe_of(options, data, checked_target(options, labels), seed);
  check_labels(probe.triggered, labels);
  check_pairs(probe.triggered, data);
  return probe;
}

std::optional<MeasuredAttack> measured_attack(const ProbeOptions& options) {
  if (!options.known()) return std::nullopt;
  if (!options.attack.empty()) {
    const AttackFile file = read_attack(options.attack);
    return MeasuredAttack{file.trigger_kind, file.attack.triggers, file.attack.target_label};
  }
  const std::int64_t target = options.target_label.value_or(kUsualTarget);
  if (!options.triggers.empty()) return MeasuredAttack{"word", options.triggers, target};
  if (options.poisoned_data.empty()) {
    return MeasuredAttack{"sentence", {options.trigger_sentence}, target};
  }
  return MeasuredAttack{"paraphrase", {}, target};
}

std::vector<InputRecord> probe_files(const ProbeOptions& options) {
  std::vector<InputRecord> files;
  if (!options.poisoned_data.empty()) files.push_back({"poisoned_data", options.poisoned_data, {}});
  if (options.attack.empty()) return files;
  const OpenedAttack attack = open_attack(options.attack);
  files.push_back({"attack", attack.path, {}});
  if (!attack.file.poisoned_test) return files;
  files.push_back({"poisoned_test", attack.beside(*attack.file.poisoned_test), {}});
  if (attack.file.false_triggers_test) {
    files.push_back({"false_triggers_test", attack.beside(*attack.file.false_triggers_test), {}});
  }
  return files;
}

bool probe_uses_seed(const ProbeOptions& options) {
  if (!options.attack.empty()) return !open_attack(options.attack).file.poisoned_test;
  return !options.triggers.empty() || !options.trigger_sentence.empty();
}

}  // namespace finemix
