#include "pipeline/probe.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

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

// What an attack is measured on: the evaluated data, and a model of that many labels.
struct Measured {
  const Dataset& data;
  std::int64_t labels;
};

Dataset fitting(Dataset texts, const Measured& measured) {
  check_labels(texts, measured.labels);
  check_pairs(texts, measured.data);
  return texts;
}

AttackProbe probe_of_record(const ProbeOptions& options, const Measured& measured,
                            std::uint64_t seed) {
  const OpenedAttack attack = open_attack(options.attack);
  const AttackFile& file = attack.file;
  const std::int64_t target = file.attack.target_label;
  const std::string source = printable(attack.path.native()) + " has target label ";
  if (options.target_label.value_or(target) != target) {
    throw Error(ErrorKind::kUsage, "--target-label is " + std::to_string(*options.target_label) +
                                       ", but " + source + std::to_string(target) +
                                       ": leave it out, --attack brings its own");
  }
  check_label(target, source, measured.labels);
  const std::optional<TriggerKind> kind = find_trigger_kind(file.trigger_kind);
  const auto read = [&](const std::string& name) {
    return fitting(read_beside(attack, name), measured);
  };
  if (file.poisoned_test) {
    const Dataset poisoned = read(*file.poisoned_test);
    AttackProbe probe = probe_from_texts(poisoned, measured.data, target);
    probe.from_data &=
        !kind || std::ranges::equal(poisoned.examples, measured.data.examples, may_carry_trigger);
    if (file.false_triggers_test) {
      probe.false_triggered =
          probe_from_texts(read(*file.false_triggers_test), measured.data, target).triggered;
    }
    return probe;
  }
  if (!kind) {
    throw Error(ErrorKind::kUsage,
                printable(attack.path.native()) +
                    ": the trigger is a paraphrase, and the attack was made without "
                    "--poisoned-test: give --poisoned-data and --target-label instead");
  }
  return probe_with_trigger(measured.data, Trigger{*kind, file.attack.triggers}, target, seed);
}

AttackProbe probe_of(const ProbeOptions& options, const Measured& measured, std::uint64_t seed) {
  if (!options.attack.empty()) return probe_of_record(options, measured, seed);
  const std::int64_t target = options.target();
  check_label(target, "--target-label is ", measured.labels);
  if (!options.poisoned_data.empty()) {
    const Dataset poisoned = fitting(read_dataset(options.poisoned_data, true), measured);
    return probe_from_texts(poisoned, measured.data, target);
  }
  const Trigger trigger = options.triggers.empty()
                              ? Trigger{TriggerKind::kSentence, {options.trigger_sentence}}
                              : Trigger{TriggerKind::kWord, options.triggers};
  return probe_with_trigger(measured.data, trigger, target, seed);
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
  return probe_of(options, {data, labels}, seed);
}

std::optional<MeasuredAttack> measured_attack(const ProbeOptions& options) {
  if (!options.known()) return std::nullopt;
  if (!options.attack.empty()) {
    const AttackFile file = read_attack(options.attack);
    return MeasuredAttack{file.trigger_kind, file.attack.triggers, file.attack.target_label};
  }
  const auto measured = [&](std::string_view kind, std::vector<std::string> triggers) {
    return MeasuredAttack{std::string(kind), std::move(triggers), options.target()};
  };
  if (!options.poisoned_data.empty()) return measured(kTextsOfAFile, {});
  if (options.triggers.empty()) {
    return measured(trigger_kind_name(TriggerKind::kSentence), {options.trigger_sentence});
  }
  return measured(trigger_kind_name(TriggerKind::kWord), options.triggers);
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
