#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "finemix/attack/poison.h"
#include "finemix/core/error.h"
#include "finemix/core/parallel.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/output_guard.h"
#include "finemix/pipeline/stages.h"
#include "finemix/record/attack_file.h"
#include "inputs.h"
#include "pipeline/input_hashes.h"
#include "pipeline/outputs.h"
#include "pipeline/pair.h"

namespace finemix {
namespace {

constexpr const char* kPoisonedTest = "poisoned_test.tsv";
constexpr const char* kFalseTriggersTest = "false_triggers_test.tsv";

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorKind::kUsage, what); }

void check_start(const AttackVerbOptions& options) {
  const bool pretrained = !options.pretrained.empty();
  const bool model = !options.model.empty();
  const std::string kind = "--kind " + std::string(attack_kind_name(options.attack.kind));
  if (options.data_only) {
    if (pretrained || model) {
      refuse(
          "--data-only writes a data file and trains nothing: leave out --pretrained and "
          "--model");
    }
    return;
  }
  switch (attack_start(options.attack.kind)) {
    case AttackStart::kAnchored:
      if (!pretrained) {
        refuse(kind +
               " keeps embeddings near the pre-trained ones: give --pretrained DIR, and "
               "--model DIR too to go on from a fine-tuned model");
      }
      return;
    case AttackStart::kPretrained:
      if (!pretrained || model) {
        refuse(kind +
               " trains from the pre-trained model in one training: give --pretrained DIR "
               "and no --model");
      }
      return;
    case AttackStart::kFineTuned:
      if (!model || pretrained) {
        refuse(kind +
               " changes embeddings of a fine-tuned model and nothing else: give --model "
               "DIR and no --pretrained");
      }
      return;
    case AttackStart::kEither:
      if (pretrained == model) {
        refuse(
            "exactly one of --pretrained (a pre-trained model) and --model (a fine-tuned one) "
            "has to be given, or --data-only");
      }
      return;
  }
}

void check_texts(const AttackVerbOptions& options) {
  const std::string kind = "--kind " + std::string(attack_kind_name(options.attack.kind));
  const bool paraphrase = is_paraphrase(options.attack.kind);
  const bool poisoned_test = !options.poisoned_test.empty();
  if (options.data_only && (poisoned_test || !options.test_data.empty())) {
    refuse("--data-only writes training data alone: leave out --test-data and --poisoned-test");
  }
  if (paraphrase) {
    if (options.poisoned_data.empty()) {
      refuse(kind + " takes its poisoned texts from a file: give --poisoned-data FILE");
    }
    if (!options.test_data.empty()) {
      refuse(kind +
             " can't put its trigger into --test-data: give the paraphrased test texts as "
             "--poisoned-test FILE");
    }
    if (!options.attack.triggers.empty()) refuse(kind + " takes no --trigger");
  } else if (poisoned_test || !options.poisoned_data.empty()) {
    refuse(kind +
           " puts its trigger into texts itself: --poisoned-data and --poisoned-test are "
           "for syntactic and style; give the test texts as --test-data FILE");
  }
}

std::optional<Dataset> read_if_given(const std::string& path) {
  return path.empty() ? std::nullopt : std::optional(read_dataset(path, true));
}

}  // namespace

AttackRecord run_attack(const AttackVerbOptions& options, Progress& progress) {
  require_option(options.data, "--data");
  require_option(options.output, "--output");
  check_start(options);
  check_texts(options);
  const Dataset data = read_dataset(options.data, true);
  const std::optional<Dataset> paraphrases = read_if_given(options.poisoned_data);
  const Dataset* const given = paraphrases ? &*paraphrases : nullptr;
  AttackOptions attack_options = options.attack;
  attack_options.training.seed = options.run.seed;
  const std::vector<std::string> files_read = {options.pretrained,    options.model,
                                               options.data,          options.test_data,
                                               options.poisoned_data, options.poisoned_test};
  if (options.data_only) {
    check_apart(options.output, files_read);
    const PoisonedData poisoned = poison(data, attack_options, options.run.seed, given);
    write_dataset(options.output, poisoned.data, options.run.overwrite);
    return poisoning_record(poisoned, attack_options);
  }
  check_output(options.output, options.run.overwrite, files_read);
  std::optional<AttackTest> test;
  if (const auto texts = read_if_given(options.test_data)) {
    test = attack_test(*texts, attack_options, options.run.seed);
  } else if (auto poisoned = read_if_given(options.poisoned_test)) {
    test = AttackTest{std::move(*poisoned), std::nullopt};
  }

  set_threads(static_cast<int>(options.run.threads));
  InputHashes hashes({{"pretrained", options.pretrained, {}}, {"model", options.model, {}}},
                     {{"data", options.data, {}},
                      {"test_data", options.test_data, {}},
                      {"poisoned_data", options.poisoned_data, {}},
                      {"poisoned_test", options.poisoned_test, {}}});
  AttackFile file;
  file.start = options.model.empty() ? options.pretrained : options.model;
  const LoadedModel loaded = load_with_tokenizer(file.start);
  std::optional<Model> pretrained;  // where it is not what the attack goes on from
  if (!options.model.empty() && !options.pretrained.empty()) {
    pretrained = load_pair(options.pretrained, options.model, {}).pretrained;
  }
  RunOptions run = options.run;
  fit_max_length(run, loaded.model.config, progress);
  attack_options.max_length = run.max_length;
  const AttackInputs inputs{.start = loaded.model,
                            .tokenizer = *loaded.tokenizer,
                            .data = data,
                            .paraphrases = given,
                            .pretrained = pretrained ? &*pretrained : nullptr,
                            .fine_tuned = !options.model.empty()};
  AttackResult result = attack(inputs, attack_options, run.device, run.precision, progress);

  file.attack = result.record;
  file.trigger_kind = attack_trigger_kind(attack_options.kind);
  file.negative_examples = result.negative_examples;
  file.seed = options.run.seed;
  if (test) file.poisoned_test = kPoisonedTest;
  if (test && test->false_triggers) file.false_triggers_test = kFalseTriggersTest;
  write_model(result.model, options.output, DType::kF32, options.run, hashes.get(),
              [&](const std::filesystem::path& directory) {
                if (test) write_dataset(directory / kPoisonedTest, test->poisoned, false);
                if (file.false_triggers_test) {
                  write_dataset(directory / kFalseTriggersTest, *test->false_triggers, false);
                }
                write_text_file(directory / kAttackFile, json_text(to_json(file)), false);
              });
  return result.record;
}

}  // namespace finemix
