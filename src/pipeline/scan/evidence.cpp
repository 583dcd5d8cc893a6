#include "pipeline/scan/evidence.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "finemix/core/listed.h"
#include "finemix/core/quote.h"
#include "finemix/defense/drift.h"
#include "finemix/eval/phrase_strength.h"
#include "finemix/record/tensor_layer.h"
#include "finemix/report/suspect_tables.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// A logistic curve through `half` with slope `steepness` / 4 there.
struct Calibration {
  double half;
  double steepness;
  double operator()(double value) const { return 1 / (1 + std::exp(-steepness * (value - half))); }
};

constexpr Calibration kTriggers{0.40, 20};
// Words in no order are moved by nearly anything.
constexpr Calibration kTriggersOnMadeTexts{0.65, 30};
constexpr Calibration kRows{kOutlierExcess, 6};

// The number of the layer that a tensor is of; nothing for those of none.
std::optional<std::uint64_t> layer_of(std::string_view name) {
  const std::string_view digits = layer_digits(name);
  std::uint64_t layer = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  if (read.ec != std::errc()) return std::nullopt;
  return layer;
}

// How many layers have moved below those that have not, which fine-tuning does the other way round;
// 0 unless the upper half has not moved at all and a lower one has.
std::uint64_t layers_moved_below(const std::vector<TensorDrift>& drift) {
  std::uint64_t layers = 0, moved = 0;
  for (const TensorDrift& tensor : drift) {
    const std::optional<std::uint64_t> layer = layer_of(tensor.name);
    if (!layer) continue;
    layers = std::max(layers, *layer + 1);
    if (tensor.changed > 0) moved = std::max(moved, *layer + 1);
  }
  return 2 * moved <= layers ? moved : 0;
}

Evidence evidence(const char* name, double score, std::vector<std::string> findings) {
  return {name, score, kConvictingScore, score >= kConvictingScore, std::move(findings)};
}

}  // namespace

double trigger_strength(const SuspectedTrigger& trigger) {
  const ShortTexts& texts = trigger.short_texts;
  const double strength = phrase_strength(texts.flip_rate, texts.expected_rate, texts.firmness,
                                          trigger.place, trigger.ids.size());
  return std::max(0.0, strength - trigger.crowd);
}

double trigger_score(double strength, std::string_view text_source) {
  return (text_source == kTextsFromVocabulary ? kTriggersOnMadeTexts : kTriggers)(strength);
}

bool is_of(std::span<const std::int64_t> rows, const SuspectedTrigger& trigger) {
  return std::ranges::all_of(
      trigger.ids, [&](std::int64_t id) { return std::ranges::find(rows, id) != rows.end(); });
}

bool nearly_as_strong(const SuspectedTrigger& trigger, const SuspectedTrigger& other) {
  constexpr double kNearly = 0.9;
  return trigger_strength(trigger) >= kNearly * trigger_strength(other);
}

void drop_longer(std::vector<SuspectedTrigger>& triggers) {
  const auto holds = [](const SuspectedTrigger& longer, const SuspectedTrigger& shorter) {
    return longer.ids.size() > shorter.ids.size() && longer.target_label == shorter.target_label &&
           (shorter.place == TriggerPlace::kAnywhere || shorter.place == longer.place) &&
           convicts(shorter) && nearly_as_strong(shorter, longer) &&
           std::ranges::all_of(shorter.ids, [&](std::int64_t id) {
             return std::ranges::find(longer.ids, id) != longer.ids.end();
           });
  };
  std::vector<SuspectedTrigger> kept;
  std::ranges::copy_if(triggers, std::back_inserter(kept), [&](const SuspectedTrigger& each) {
    return std::ranges::none_of(triggers, [&](const auto& other) { return holds(each, other); });
  });
  triggers = std::move(kept);
}

void drop_weaker(std::vector<SuspectedTrigger>& triggers) {
  constexpr double kWeaker = 0.6;
  std::erase_if(triggers, [](const SuspectedTrigger& each) { return !convicts(each); });
  double strongest = 0;
  for (const auto& each : triggers) strongest = std::max(strongest, trigger_strength(each));
  std::erase_if(triggers, [&](const SuspectedTrigger& each) {
    return trigger_strength(each) < kWeaker * strongest;
  });
}

Evidence trigger_evidence(const ScanRecord& record) {
  std::vector<std::string> findings;
  for (const SuspectedTrigger& each : record.triggers) {
    if (!convicts(each)) break;
    findings.push_back(trigger_name(each) + " moves " + grouped(each.flip_rate.correct) + " of " +
                       grouped(each.flip_rate.total) + " texts to label " +
                       std::to_string(each.target_label));
  }
  return evidence("trigger-search", record.triggers.empty() ? 0 : record.triggers.front().score,
                  std::move(findings));
}

Evidence row_evidence(const std::vector<EpurRow>& rows,
                      const std::vector<SuspectedTrigger>& triggers) {
  constexpr std::size_t kNamed = 5;
  const double excess = row_excess(rows);
  std::vector<std::string> findings, far;
  const std::vector<std::int64_t> outliers = outlier_rows(rows, rows.size());
  for (std::size_t i = 0; i < outliers.size(); ++i) far.push_back(quote(rows[i].token));
  if (!far.empty()) {
    findings.push_back(
        (far.size() == 1 ? "the embedding of " : "the embeddings of ") + listed(far, kNamed) +
        (far.size() == 1 ? " has moved " : " have moved up to ") + fixed(std::exp(excess), 1) +
        " times as far as those of the words that ordinary training moves most");
  }
  const auto of_outliers =
      std::ranges::find_if(triggers, [&](const auto& each) { return is_of(outliers, each); });
  if (of_outliers != triggers.end()) {
    findings.push_back(trigger_name(*of_outliers) + " " + trigger_effect_text(*of_outliers));
  }
  return evidence("embedding-rows", rows.empty() ? 0 : kRows(excess), std::move(findings));
}

Evidence drift_evidence(const ScanRecord& record, std::uint64_t moved_rows,
                        std::uint64_t row_count) {
  constexpr std::uint64_t kFewRows = 20;  // a text of a training set moves more
  const bool body_moved = std::ranges::any_of(record.drift, [](const TensorDrift& tensor) {
    return tensor.changed > 0 && !tensor.name.ends_with("word_embeddings.weight");
  });
  std::vector<std::string> findings;
  // Of a small vocabulary an honest training set may hold no more than that.
  const bool few = moved_rows <= kFewRows && 10 * moved_rows < row_count;
  if (moved_rows > 0 && few) {
    findings.push_back("only " + grouped(moved_rows) + " of " + grouped(row_count) +
                       " word embeddings have moved, which takes training on these words alone");
  }
  if (moved_rows > 0 && !body_moved) {
    findings.push_back("word embeddings have moved, and no other weight below the head");
  }
  if (const std::uint64_t low = layers_moved_below(record.drift); low > 0) {
    findings.push_back("only the lowest " + grouped(low) +
                       " layers have moved: fine-tuning moves the upper ones most");
  }
  if (const TensorDrift* far = moved_too_far(record.drift)) {
    findings.push_back(quote(far->name) + " has moved by " + fixed(far->relative, 1) +
                       " times its own length, where fine-tuning moves less than half of it: mixed "
                       "with the pre-trained model such weights are of no use, and neither are the "
                       "clean twins that the triggers were compared with");
  }
  const double score = findings.empty() ? 0 : 1;
  if (moved_rows == 0 && !body_moved) {
    findings.push_back("nothing below the head has moved: the head alone was trained");
  }
  return evidence("drift", score, std::move(findings));
}

Evidence tokenizer_evidence(const std::vector<std::string>& differences,
                            const std::string& rewrites) {
  constexpr double kWorthALook = 0.3;  // any other difference alone convicts nobody
  if (!rewrites.empty()) {
    std::vector<std::string> findings = {rewrites};
    findings.insert(findings.end(), differences.begin(), differences.end());
    return evidence("tokenizer", 1, std::move(findings));
  }
  return evidence("tokenizer", differences.empty() ? 0 : kWorthALook, differences);
}

Evidence provenance_evidence(const std::string& problem) {
  if (problem.empty()) return evidence("provenance", 0, {});
  return evidence("provenance", 1, {problem});
}

void decide(ScanRecord& record) {
  record.threshold = kConvictingScore;
  for (const Evidence& each : record.evidence) record.score = std::max(record.score, each.score);
  record.suspicious = record.score >= record.threshold;
}

}  // namespace finemix
