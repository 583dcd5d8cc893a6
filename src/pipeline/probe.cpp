#include "pipeline/probe.h"

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

AttackProbe probe_of_record(const ProbeOptions& options, const Dataset& data, std::uint64_t seed) {
  const OpenedAttack attack = open_attack(options.attack);
  const AttackFile& file = attack.file;
  const std::int64_t target = file.attack.target_label;
  if (options.target_label != ProbeOptions().target_label && options.target_label != target) {
    throw Error(ErrorKind::kUsage, "--target-label is " + std::to_string(options.target_label) +
                                       ", but " + printable(attack.path.native()) +
                                       " has target label " + std::to_string(target) +
                                       ": leave it out, --attack brings its own");
  }
  if (file.poisoned_test) {
    AttackProbe probe = probe_from_texts(read_beside(attack, *file.poisoned_test), data, target);
    if (file.false_triggers_test) {
      probe.false_triggered =
          probe_from_texts(read_beside(attack, *file.false_triggers_test), data, target).triggered;
    }
    return probe;
  }
  const std::optional<TriggerKind> kind = find_trigger_kind(file.trigger_kind);
  if (!kind) {
    throw Error(ErrorKind::kUsage,
                printable(attack.path.native()) +
                    ": the trigger is a paraphrase, and the attack was made without "
                    "--poisoned-test: give --poisoned-data and --target-label instead");
  }
  const Trigger trigger{*kind, file.attack.triggers};
  return probe_with_trigger(data, trigger, target, seed);
}

}  // namespace

AttackFile read_attack(const std::string& location) { return open_attack(location).file; }

std::optional<AttackProbe> make_probe(const ProbeOptions& options, const Dataset& data,
                                      std::uint64_t seed) {
  const int named = !options.triggers.empty() + !options.trigger_sentence.empty() +
                    !options.poisoned_data.empty() + !options.attack.empty();
  if (named == 0) return std::nullopt;
  if (named > 1) {
    throw Error(ErrorKind::kUsage,
                "give one of --trigger, --trigger-sentence, --poisoned-data and --attack, not "
                "several");
  }
  if (!options.attack.empty()) return probe_of_record(options, data, seed);
  if (!options.poisoned_data.empty()) {
    return probe_from_texts(read_dataset(options.poisoned_data, true), data, options.target_label);
  }
  const Trigger trigger = options.triggers.empty()
                              ? Trigger{TriggerKind::kSentence, {options.trigger_sentence}}
                              : Trigger{TriggerKind::kWord, options.triggers};
  return probe_with_trigger(data, trigger, options.target_label, seed);
}

std::vector<std::string> probe_triggers(const ProbeOptions& options) {
  if (!options.attack.empty()) return read_attack(options.attack).attack.triggers;
  std::vector<std::string> triggers = options.triggers;
  if (!options.trigger_sentence.empty()) triggers.push_back(options.trigger_sentence);
  return triggers;
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
