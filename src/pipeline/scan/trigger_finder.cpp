#include "pipeline/scan/trigger_finder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <utility>

#include "finemix/defense/drift.h"
#include "pipeline/scan/crowds.h"
#include "pipeline/scan/evidence.h"
#include "pipeline/scan/near_words.h"

namespace finemix {
namespace {

constexpr std::size_t kFewestTexts = 8;    // of other labels, to say anything of a label
constexpr std::size_t kFewestShort = 4;    // of these that the suspect does not give it, cut short
constexpr std::size_t kStrangeRows = 64;   // that are tried as triggers
constexpr std::size_t kExcludedRows = 32;  // that the twins are not asked about
constexpr std::size_t kGuides = 2;         // twins that a search compares with
constexpr std::size_t kJudges = 2;         // and others, that what it found is compared with

std::vector<std::int64_t> strangest(const EpurRecord& record, std::size_t count) {
  std::vector<std::int64_t> ids;
  for (const EpurRow& row : record.rows) {
    if (ids.size() == count || row.delta_norm == 0) break;
    ids.push_back(row.id);
  }
  return ids;
}

// At most `count`: of the tokens that nobody can compare as many as half, and the strangest rows.
std::vector<std::int64_t> with_strangest(std::span<const std::int64_t> unshared,
                                         const EpurRecord& record, std::size_t count) {
  const auto some = unshared.first(std::min(unshared.size(), count / 2));
  std::vector<std::int64_t> ids(some.begin(), some.end());
  const std::vector<std::int64_t> moved = strangest(record, count - ids.size());
  ids.insert(ids.end(), moved.begin(), moved.end());  // the others have not moved
  return ids;
}

// Of these, if there are any; `compared` triggers were tried.
std::optional<Rate> largest_flip_rate(std::span<const SuspectedTrigger> triggers,
                                      std::size_t compared) {
  if (triggers.empty()) return std::nullopt;
  const Rate& largest = std::ranges::max_element(triggers, {}, [](const SuspectedTrigger& each) {
                          return each.flip_rate.value;
                        })->flip_rate;
  return wilson_rate_of_largest(largest.correct, largest.total, compared);
}

// Those that convict, of triggers that are sorted, or all where none does.
std::span<const SuspectedTrigger> foremost(std::span<const SuspectedTrigger> triggers) {
  const auto convicting = static_cast<std::size_t>(std::ranges::count_if(triggers, convicts));
  return convicting == 0 ? triggers : triggers.first(convicting);
}

void strongest_first(std::vector<SuspectedTrigger>& triggers) {
  std::ranges::stable_sort(triggers, std::ranges::greater(), &SuspectedTrigger::score);
}

// Those that convict, or nearly so.
std::vector<SuspectedTrigger> likely(const std::vector<SuspectedTrigger>& triggers) {
  constexpr double kNearly = 0.1;  // a score; a strength of 0.29 on real texts
  std::vector<SuspectedTrigger> some;
  std::ranges::copy_if(triggers, std::back_inserter(some),
                       [](const SuspectedTrigger& each) { return each.score >= kNearly; });
  return some;
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
    return !can_be_in_text(tokenizer, static_cast<std::int32_t>(row.id));
  });
  return record;
}

std::vector<std::int64_t> labels_without_texts(std::span<const std::int64_t> labels,
                                               std::span<const std::int64_t> predicted,
                                               std::int64_t label_count) {
  std::vector<std::int64_t> without;
  for (std::int64_t label = 0; label < label_count; ++label) {
    const auto others = [label](std::span<const std::int64_t> of) {
      return of.size() - static_cast<std::size_t>(std::ranges::count(of, label));
    };
    if (others(labels) < kFewestTexts || others(predicted) == 0) without.push_back(label);
  }
  return without;
}

TriggerFinder::TriggerFinder(const ModelPair& pair, const Classifier& suspect,
                             const EpurRecord& rows, FinderTexts texts,
                             const TriggerFinderOptions& options, const RunOptions& run,
                             Progress& progress)
    : pair_(pair),
      options_(options),
      source_(texts.source),
      texts_(encode_all(*pair.tokenizer, texts.data, run.max_length)),
      unsearched_labels_(
          labels_without_texts(texts.labels, texts.predicted, suspect.config().num_labels)),
      measure_(texts.data, std::move(texts.labels), *pair.tokenizer, suspect, measure_options(run)),
      excluded_(with_strangest(pair.unshared, rows, kExcludedRows)),
      twins_(make_twins(pair, suspect, texts_, excluded_, kGuides + kJudges,
                        {options.twin_texts, run.seed}, progress)) {
  options_.search.seed = run.seed;
  for (std::int64_t label = 0; label < suspect.config().num_labels; ++label) {
    if (tells(label) && measure_.short_count(label) < kFewestShort) {
      unsearched_labels_.push_back(label);
    }
  }
  std::ranges::sort(unsearched_labels_);
  const at::Tensor labels = at::tensor(texts.predicted);
  for (const Classifier& twin : twins_) {
    const at::Tensor same = predict(twin, texts_, no_progress()).argmax(1) == labels;
    agreement_ += same.to(at::kDouble).mean().item<double>() / static_cast<double>(twins_.size());
  }
}

std::vector<std::string> TriggerFinder::limits(const AsrEstimate& found) const {
  std::vector<std::string> notes;
  for (const std::int64_t label : found.unsearched_labels) {
    notes.push_back("no triggers to label " + std::to_string(label) +
                    " were looked for: too few of the texts are of another label, or the model "
                    "gives this one to nearly all of them once they are cut short");
  }
  if (agreement_ < kTwinsAlike) {
    notes.push_back("the clean twins that the suspect is compared with give " +
                    std::to_string(std::lround(100 * (1 - agreement_))) +
                    " % of the texts another label than it, so that what they tell of triggers is "
                    "less sure; more texts help");
  }
  return notes;
}

std::span<const Classifier> TriggerFinder::guides() const {
  return std::span(twins_).first(kGuides);
}

std::span<const Classifier> TriggerFinder::judges() const {
  return std::span(twins_).subspan(kGuides);
}

bool TriggerFinder::tells(std::int64_t label) const {
  return std::ranges::find(unsearched_labels_, label) == unsearched_labels_.end();
}

AsrEstimate TriggerFinder::no_estimate() const {
  AsrEstimate nothing;
  nothing.text_source = source_;
  nothing.unsearched_labels = unsearched_labels_;
  return nothing;
}

AsrEstimate TriggerFinder::search(Classifier& model, const at::Tensor& word_embeddings,
                                  const EpurRecord& rows, Progress& progress) const {
  std::vector<std::int64_t> labels;
  for (std::int64_t label = 0; label < model.config().num_labels; ++label) {
    if (tells(label)) labels.push_back(label);
  }
  if (labels.empty()) return no_estimate();
  const at::Tensor delta =
      word_embeddings - pair_.pretrained.weights.at(std::string(kWordEmbeddings));
  const std::vector<std::int64_t> strange = with_strangest(pair_.unshared, rows, kStrangeRows);
  const std::vector<std::int64_t> outliers = outlier_rows(rows.rows, kStrangeRows);
  PhraseSearchResult found =
      search_phrases({model, guides(), texts_, *pair_.tokenizer, delta, strange, outliers, labels},
                     options_.search, progress);
  std::vector<SuspectedTrigger> triggers = std::move(found.triggers);
  judge(model, outliers, triggers);
  const std::size_t searched = triggers.size();
  strongest_first(triggers);
  drop_longer(triggers);
  std::size_t words = complete_words(model, {outliers, strange}, triggers);
  words += add_other_words(model, outliers, triggers);
  set_crowds(triggers);
  for (SuspectedTrigger& each : triggers) {
    score(each, outliers);
    if (convicts(each)) each.crowd = 0;  // by its rows, which no meaning explains
  }
  strongest_first(triggers);
  const std::optional<Rate> asr =
      largest_flip_rate(foremost(triggers), (searched + words) * (measure_.pairs() ? 2 : 1));
  AsrEstimate estimate = estimate_by(model, std::move(triggers), asr, kShownExamples);
  estimate.candidates = found.candidates + words;
  std::vector<std::int64_t>& unsearched = estimate.unsearched_labels;
  unsearched.insert(unsearched.end(), found.unsearched_labels.begin(),
                    found.unsearched_labels.end());
  std::ranges::sort(unsearched);
  // What words mean moves texts in any model, so that no trigger was found is not to be read as how
  // well the strongest of them does.
  if (estimate.asr && !convicts(estimate.triggers.front())) estimate.asr.reset();
  return estimate;
}

AsrEstimate TriggerFinder::remeasure(const Classifier& model,
                                     std::vector<SuspectedTrigger> triggers,
                                     std::size_t examples) const {
  std::erase_if(triggers, [&](const SuspectedTrigger& each) {
    return !convicts(each) || !tells(each.target_label);
  });
  const std::size_t tried = triggers.size();
  measure_.measure(model, triggers);
  for (SuspectedTrigger& each : triggers) score(each, {});
  strongest_first(triggers);
  const std::optional<Rate> asr = largest_flip_rate(triggers, tried);
  AsrEstimate estimate = estimate_by(model, std::move(triggers), asr, examples);
  estimate.candidates = tried;
  return estimate;
}

AsrEstimate TriggerFinder::estimate_by(const Classifier& model,
                                       std::vector<SuspectedTrigger> triggers,
                                       const std::optional<Rate>& asr, std::size_t examples) const {
  AsrEstimate estimate = no_estimate();
  estimate.asr = asr;
  if (asr) estimate.texts = asr->total;
  if (examples > 0) measure_.show(model, examples, triggers);
  estimate.triggers = std::move(triggers);
  return estimate;
}

void TriggerFinder::judge(const Classifier& model, std::span<const std::int64_t> outliers,
                          std::vector<SuspectedTrigger>& triggers) const {
  if (triggers.empty()) return;
  const auto judged = [&](std::vector<SuspectedTrigger>& some, PairText text) {
    for (SuspectedTrigger& each : some) {
      if (each.place == TriggerPlace::kAnywhere) each.pair_text = text;
    }
    measure_.measure(model, some);
    measure_.compare(judges(), some);
    compare_near_words(outliers, some);
    for (SuspectedTrigger& each : some) score(each, outliers);
  };
  if (!measure_.pairs()) return judged(triggers, PairText::kEither);
  // Who attacks pairs may use one of their texts alone.
  std::vector<SuspectedTrigger> second = triggers;
  judged(triggers, PairText::kFirst);
  judged(second, PairText::kSecond);
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (second[i].score > triggers[i].score) triggers[i] = std::move(second[i]);
  }
}

void TriggerFinder::compare_near_words(std::span<const std::int64_t> outliers,
                                       std::vector<SuspectedTrigger>& triggers) const {
  constexpr double kLeast = 0.2;  // a strength; what is weaker convicts by its rows only
  std::vector<std::size_t> places;
  std::vector<SuspectedTrigger> strong;
  for (std::size_t i = 0; i < triggers.size(); ++i) {
    if (trigger_strength(triggers[i]) < kLeast || is_of(outliers, triggers[i])) continue;
    places.push_back(i);
    strong.push_back(triggers[i]);
  }
  // What moved strangely may be of the same trigger.
  const std::vector<double> near = near_rates(
      strong, measure_, judges(),
      {*pair_.tokenizer, pair_.pretrained.weights.at(std::string(kWordEmbeddings)), excluded_});
  for (std::size_t i = 0; i < places.size(); ++i) {
    double& expected = triggers[places[i]].short_texts.expected_rate;
    expected = std::max(expected, near[i]);
  }
}

void TriggerFinder::score(SuspectedTrigger& trigger, std::span<const std::int64_t> outliers) const {
  trigger.score = trigger_score(trigger_strength(trigger), source_);
  // Words whose embeddings stand out need not be firm to be what they were trained for.
  const ShortTexts& moved = trigger.short_texts;
  if (is_of(outliers, trigger))
    trigger.score = std::max(trigger.score, moved.flip_rate - moved.expected_rate);
  if (!convicts(trigger)) trigger.whole_word.clear();
}

std::size_t TriggerFinder::complete_words(const Classifier& model, const Rows& rows,
                                          std::vector<SuspectedTrigger>& triggers) const {
  SurenessMeasure sureness(measure_, *pair_.tokenizer, model, guides().front());
  const SurenessOf sureness_of = std::ref(sureness);
  std::vector<SureWord> words = surest_words(likely(triggers), sureness_of, rows.strange,
                                             *pair_.tokenizer, options_.search.words);
  const auto same_as = [](std::vector<SuspectedTrigger>& some, const SuspectedTrigger& word) {
    return std::ranges::find_if(some, [&](const auto& each) { return same_trigger(each, word); });
  };
  std::vector<SuspectedTrigger> fresh;
  for (const SureWord& each : words) {
    if (same_as(triggers, each.word) == triggers.end()) fresh.push_back(each.word);
  }
  judge(model, rows.outliers, fresh);
  std::vector<SuspectedTrigger> judged = triggers;
  judged.insert(judged.end(), fresh.begin(), fresh.end());
  for (SureWord& each : words) {
    each.word = *same_as(judged, each.word);
    each.sure = sureness_of(std::span(&each.word, 1)).front();  // in the text of a pair that it has
  }
  const std::vector<Sureness> sure = sureness_of(triggers);
  triggers = with_words(std::move(triggers), sure, words, *pair_.tokenizer);
  strongest_first(triggers);
  return fresh.size();
}

std::size_t TriggerFinder::add_other_words(const Classifier& model,
                                           std::span<const std::int64_t> outliers,
                                           std::vector<SuspectedTrigger>& triggers) const {
  std::vector<SuspectedTrigger> of_rows = words_of_rows(triggers, outliers, *pair_.tokenizer);
  judge(model, outliers, of_rows);
  add_words_of_rows(triggers, of_rows);
  std::vector<SuspectedTrigger> shorter = shorter_words(triggers, *pair_.tokenizer);
  judge(model, outliers, shorter);
  add_shorter_words(triggers, shorter);
  strongest_first(triggers);
  return shorter.size() + of_rows.size();
}

}  // namespace finemix
