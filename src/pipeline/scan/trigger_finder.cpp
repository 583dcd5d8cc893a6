#include "pipeline/scan/trigger_finder.h"

#include <algorithm>
#include <utility>

#include "pipeline/scan/evidence.h"
#include "pipeline/scan/twin.h"

namespace finemix {
namespace {

constexpr std::size_t kFewestTexts = 8;    // of other labels, to say anything of a label
constexpr std::size_t kStrangeRows = 64;   // that are tried as triggers
constexpr std::size_t kExcludedRows = 32;  // that the twin is not to learn from
constexpr std::size_t kExamples = 3;       // of each trigger

std::vector<std::int64_t> strangest(const EpurRecord& record, std::size_t count) {
  std::vector<std::int64_t> ids;
  for (const EpurRow& row : record.rows) {
    if (ids.size() == count || row.delta_norm == 0) break;
    ids.push_back(row.id);
  }
  return ids;
}

TriggerMeasureOptions measure_options(const RunOptions& run) {
  TriggerMeasureOptions options;
  options.max_length = run.max_length;
  options.seed = run.seed;
  return options;
}

}  // namespace

EpurRecord moved_rows(const at::Tensor& pretrained, const at::Tensor& backdoored,
                      const Tokenizer& tokenizer, const Frequencies& frequencies) {
  EpurOptions reset_none;
  reset_none.top_k = 0;
  EpurRecord record =
      purify_embeddings(pretrained, backdoored, tokenizer, frequencies, reset_none).record;
  std::erase_if(record.rows, [&](const EpurRow& row) {
    return !is_text_piece(tokenizer, static_cast<std::int32_t>(row.id));
  });
  return record;
}

TriggerFinder::TriggerFinder(const ModelPair& pair, const Classifier& suspect,
                             const EpurRecord& rows, FinderTexts texts,
                             const TriggerFinderOptions& options, const RunOptions& run,
                             Progress& progress)
    : pair_(pair),
      options_(options),
      source_(texts.source),
      texts_(encode_all(*pair.tokenizer, texts.data, run.max_length)),
      measure_(texts.data, std::move(texts.labels), *pair.tokenizer, measure_options(run)),
      twin_(make_twin(pair, suspect, texts_, strangest(rows, kExcludedRows),
                      {options.twin_texts, run.seed}, progress)) {
  options_.search.seed = run.seed;
}

AsrEstimate TriggerFinder::search(Classifier& model, const at::Tensor& word_embeddings,
                                  const EpurRecord& rows, Progress& progress) const {
  const at::Tensor delta =
      word_embeddings - pair_.pretrained.weights.at(std::string(kWordEmbeddings));
  PhraseSearchResult found = search_phrases(
      {model, &twin_, texts_, *pair_.tokenizer, delta, strangest(rows, kStrangeRows)},
      options_.search, progress);
  measure_.compare(twin_, found.triggers);
  AsrEstimate estimate = measured(model, std::move(found.triggers));
  estimate.candidates = found.candidates;
  // What words mean moves texts in any model, so that no trigger was found is not to be read as how
  // well the strongest of them does.
  if (estimate.asr && !convicts(estimate.triggers.front())) estimate.asr.reset();
  return estimate;
}

AsrEstimate TriggerFinder::remeasure(const Classifier& model,
                                     std::vector<SuspectedTrigger> triggers) const {
  std::erase_if(triggers, [](const SuspectedTrigger& each) { return !convicts(each); });
  const std::size_t tried = triggers.size();
  AsrEstimate estimate = measured(model, std::move(triggers));
  estimate.candidates = tried;
  return estimate;
}

AsrEstimate TriggerFinder::measured(const Classifier& model,
                                    std::vector<SuspectedTrigger> triggers) const {
  AsrEstimate estimate;
  estimate.text_source = source_;
  std::erase_if(triggers, [&](const SuspectedTrigger& each) {
    return measure_.texts(each.target_label) < kFewestTexts;
  });
  measure_.measure(model, triggers);
  for (SuspectedTrigger& each : triggers) each.score = trigger_score(trigger_strength(each));
  std::ranges::stable_sort(triggers, std::ranges::greater(), &SuspectedTrigger::score);
  const std::size_t compared = triggers.size();
  if (triggers.size() > options_.shown) triggers.resize(options_.shown);
  measure_.show(model, kExamples, triggers);
  if (!triggers.empty()) {
    const Rate& strongest = triggers.front().flip_rate;
    estimate.texts = strongest.total;
    estimate.asr = wilson_rate_of_largest(strongest.correct, strongest.total, compared);
  }
  estimate.triggers = std::move(triggers);
  return estimate;
}

}  // namespace finemix
