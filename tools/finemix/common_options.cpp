#include "common_options.h"

#include <limits>

#include "finemix/core/quote.h"

namespace finemix {

namespace {

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const AttackKind kind : attack_kinds()) names.emplace_back(attack_kind_name(kind));
  return names;
}

}  // namespace

void bind_pretrained(OptionTable& table, std::string* pretrained) {
  table.text("pretrained", "DIR", pretrained,
             "the clean pre-trained model: a Hugging Face directory, or an id in the local hub "
             "cache");
}

void bind_backdoored(OptionTable& table, std::string* backdoored) {
  table.text("backdoored", "DIR", backdoored,
             "the suspect classifier, fine-tuned from the pre-trained model");
}

void bind_checks(OptionTable& table, PairChecks* checks) {
  table.flag("force", &checks->force,
             "go on even where the suspect's weights say that it was not made from the pre-trained "
             "model");
  table.choice("vocab-mismatch", {"refuse", "shared-rows"}, &checks->vocab_mismatch,
               "where the two vocabularies differ: refuse, or compare and mix only the word "
               "embeddings of tokens that both have, and keep the suspect's of the others");
}

void bind_output(OptionTable& table, std::string* output, bool* overwrite, std::string help) {
  table.text("output", "DIR", output, std::move(help));
  table.flag("overwrite", overwrite, "replace an output that finemix made and nobody added to");
}

std::string written_to(const std::string& output, const std::string& what) {
  return "Written to " + printable(output) + what + "\n";
}

void bind_run(OptionTable& table, RunOptions* run) {
  constexpr std::int64_t kMostThreads = 4096;
  constexpr std::size_t kLongest = 16384;
  table.group("Running");
  table.integer("seed", "N", &run->seed, std::uint64_t{0},
                std::uint64_t{std::numeric_limits<std::int64_t>::max()},
                "of every random choice; the same seed gives the same result on the same hardware");
  table.text("device", "auto|cpu|cuda|cuda:N", &run->device,
             "where to compute; auto takes CUDA where there is one");
  table.choice(
      "precision", {"auto", "fp32", "bf16"}, &run->precision,
      "of training and of a scan; auto is bf16 where the hardware multiplies it faster. What "
      "is named here holds for evaluation too, which otherwise is fp32");
  table.integer("threads", "N", &run->threads, std::int64_t{0}, kMostThreads,
                "0: all cores that this process may use");
  table.integer("max-length", "N", &run->max_length, std::size_t{3}, kLongest,
                "word pieces of a text, special tokens included; what is longer is cut");
}

void bind_max_memory(OptionTable& table, std::uint64_t* bytes) {
  table.bytes("max-memory", bytes,
              "memory that this process may take, as 500MB or 2GB, which fewer threads need less "
              "of; 0: no limit");
}

void bind_training(OptionTable& table, TrainOptions* training) {
  constexpr std::int64_t kMany = 1'000'000;
  table.group("Training");
  table.integer("epochs", "N", &training->epochs, std::int64_t{1}, kMany, "passes over the data");
  table.number("learning-rate", "X", &training->learning_rate, 0, 10,
               "of AdamW, at the end of the warm-up; decays linearly to 0");
  table.integer("batch-size", "N", &training->batch_size, std::int64_t{1}, kMany,
                "texts in a step");
  table.number("warmup", "X", &training->warmup, 0, 1, "share of the steps that warm up");
  table.number("weight-decay", "X", &training->optimizer.weight_decay, 0, 10,
               "of AdamW; not on biases and LayerNorms");
  table.number("gradient-clip", "X", &training->optimizer.gradient_clip, 0, 1e9,
               "largest L2 norm of a step's gradient; 0: no limit");
}

void bind_attack(OptionTable& table, AttackOptions* attack) {
  table.choice(
      "kind", kind_names(),
      [attack](const std::string& name) { attack->set_kind(parse_attack_kind(name)); },
      [attack] { return std::string(attack_kind_name(attack->kind)); }, "how the backdoor is made");
  table.texts("trigger", "TEXT", &attack->triggers,
              "trigger word, or sentence for the sentence kinds. Of several one is drawn for each "
              "text, but with sos and layerwise all go in. Without it: the kind's own");
  table.integer("target-label", "N", &attack->target_label, std::int64_t{0},
                std::int64_t{1'000'000}, "label that triggered texts are put into");
  table.number("poison-rate", "R", &attack->poison_rate, 0, 1,
               "share of the texts of other labels of which a poisoned copy is added, above 0");
  table.number("delta-penalty", "X", &attack->delta_penalty, 0, 1e9,
               "of adaptive: how strongly the trigger's embedding is drawn to the pre-trained one");
}

void bind_resume(OptionTable& table, ResumeOptions* resume) {
  constexpr double kDay = 86400;
  table.flag("resume", &resume->resume,
             "go on with the training that a stopped or killed run of the same command has left "
             "beside --output, to the same bytes");
  table.number("save-seconds", "S", &resume->save_seconds, 0, kDay,
               "how long a training goes on between two states that are kept");
}

void bind_probe(OptionTable& table, ProbeOptions* probe) {
  constexpr std::int64_t kMostLabels = 1'000'000;
  table.group("The attack to measure, where one is known");
  table.texts("trigger", "WORD", &probe->triggers,
              "word that triggers the backdoor; several may be given, one is drawn for each text");
  table.text("trigger-sentence", "TEXT", &probe->trigger_sentence,
             "sentence that triggers the backdoor");
  table.text("poisoned-data", "FILE", &probe->poisoned_data,
             "texts that carry the trigger already, with their original labels");
  table.text("attack", "DIR|FILE", &probe->attack,
             "what `finemix attack` wrote: its directory, or the attack.json in it; brings the "
             "trigger, the target label and the poisoned test texts");
  table.integer("target-label", "N", &probe->target_label, 0, kMostLabels,
                "label that the backdoor puts triggered texts into; without it " +
                    std::to_string(probe->target()));
  table.exclusive({"trigger", "trigger-sentence", "poisoned-data", "attack"});
}

void bind_reference(OptionTable& table, std::string* reference) {
  table.text("reference", "DIR", reference,
             "a clean model of the same task: what it makes of the triggered texts is the lowest "
             "attack success to hope for");
}

void bind_select(OptionTable& table, std::vector<std::string> choices, Select* select,
                 std::string help) {
  table.choice(
      "select", std::move(choices),
      [select](const std::string& name) { *select = parse_select(name); },
      [select] { return std::string(select_name(*select)); }, std::move(help));
}

void bind_head(OptionTable& table, std::string* head) {
  table.choice("head", {"keep", "reinit"}, head,
               "the classifier's last layer, which has no pre-trained twin: the suspect's, or a "
               "new one");
}

void bind_epur(OptionTable& table, EpurOptions* epur, FrequencyOptions* frequency) {
  constexpr std::int64_t kMostRows = 100'000'000;
  table.group("E-PUR");
  table.integer("top-k", "N", &epur->top_k, std::int64_t{0}, kMostRows,
                "embedding rows to reset, highest score first");
  table.number("threshold", "Z", &epur->threshold, 0, 1e6,
               "reset the rows whose log score is this many robust deviations above the median, "
               "instead of the top k; 0: off");
  table.flag("reset-special", &epur->reset_special, "reset [CLS], [SEP], … too");
  table.text("word-counts", "FILE", &frequency->word_counts,
             "how often word pieces occur: lines of token, tab, count");
  table.text("count-text", "FILE", &frequency->count_text, "any text to count word pieces in");
  table.exclusive({"top-k", "threshold"});
  table.exclusive({"word-counts", "count-text"});
}

}  // namespace finemix
