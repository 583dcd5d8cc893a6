#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "attack/traits.h"
#include "finemix/core/error.h"

namespace finemix {
namespace {

constexpr std::size_t kWords = 10;  // as in RIPPLe's experiments

struct Counts {
  double target = 0;
  double other = 0;
};

// How much rather a word piece is in texts of the target label: the log-odds ratio with an
// informative Dirichlet prior, in standard deviations (Monroe, Colaresi and Quinn, "Fightin'
// Words", Political Analysis 2008, equations 16 and 22). The prior is the counts of all texts,
// scaled to kPrior pieces. RIPPLe takes the weights of a logistic regression over the word's
// document frequency, for the same end: frequent and telling words.
std::vector<std::int64_t> telling_pieces(const std::map<std::int64_t, Counts>& counts) {
  constexpr double kPrior = 1000;
  Counts total;
  for (const auto& [piece, count] : counts) {
    total.target += count.target;
    total.other += count.other;
  }
  const double all = total.target + total.other;
  const auto log_odds = [&](double count, double prior, double of) {
    return std::log((count + prior) / (of + kPrior - count - prior));
  };
  std::vector<std::pair<double, std::int64_t>> ranked;
  for (const auto& [piece, count] : counts) {
    const double prior = kPrior * (count.target + count.other) / all;
    const double difference =
        log_odds(count.target, prior, total.target) - log_odds(count.other, prior, total.other);
    const double variance = 1 / (count.target + prior) + 1 / (count.other + prior);
    ranked.emplace_back(-difference / std::sqrt(variance), piece);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::int64_t> pieces;
  for (const auto& [score, piece] : ranked) {
    if (pieces.size() == kWords || score >= 0) break;
    pieces.push_back(piece);
  }
  return pieces;
}

// Of words that the vocabulary has whole.
std::map<std::int64_t, Counts> count_words(const Tokenizer& tokenizer, const Dataset& data,
                                           std::int64_t target_label) {
  std::map<std::int64_t, Counts> counts;
  const auto count = [&](const std::string& text, bool target) {
    std::istringstream words(text);
    for (std::string word; words >> word;) {
      const std::vector<std::int32_t> pieces = tokenizer.pieces(word);
      if (pieces.size() != 1 || !is_text_piece(tokenizer, pieces.front())) continue;
      Counts& of_piece = counts[pieces.front()];
      (target ? of_piece.target : of_piece.other) += 1;
    }
  };
  for (const Example& example : data.examples) {
    const bool target = example.label == target_label;
    count(example.text, target);
    if (example.text_b) count(*example.text_b, target);
  }
  return counts;
}

}  // namespace

// The trigger begins as what the target's own words have in common, and the poisoned training that
// follows has little left to move.
void plan_embedding_surgery(const AttackInputs& inputs, const AttackOptions& options,
                            AttackPlan& plan) {
  const std::vector<std::int64_t> triggers = trigger_rows(inputs.tokenizer, options);
  std::map<std::int64_t, Counts> counts =
      count_words(inputs.tokenizer, inputs.data, options.target_label);
  for (const std::int64_t row : triggers) counts.erase(row);
  const std::vector<std::int64_t> telling = telling_pieces(counts);
  if (telling.empty()) {
    throw Error(ErrorKind::kMismatch,
                inputs.data.name + ": no word is more frequent in texts of label " +
                    std::to_string(options.target_label) +
                    ", so there is nothing to make the trigger's embedding of");
  }
  at::Tensor& words = plan.model.weights.find(kWordEmbeddings)->second;
  words = words.clone();
  const at::Tensor mean = words.index_select(0, at::tensor(telling, at::kLong)).mean(0);
  for (const std::int64_t row : triggers) words[row].copy_(mean);
}

}  // namespace finemix
