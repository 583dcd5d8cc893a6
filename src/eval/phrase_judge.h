#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <span>
#include <utility>
#include <vector>

#include "eval/remembered_margins.h"
#include "finemix/core/progress.h"
#include "finemix/eval/insertion.h"

namespace finemix {

// A phrase, and how far it moves texts of other labels to one: the suspect's answers (1 is all the
// way, and the reach what they go beyond that too), how far the least moved tenth of them, and how
// much further they go than the twins'. The strangeness is what searches go by: the excess, and
// less of it the less firm it is; never below 0.
struct JudgedPhrase {
  Phrase phrase;
  double moved = 0;
  double firmness = 0;
  double reach = 0;
  double excess = 0;
  double strangeness = 0;
};

// The `most` furthest moved (of what is moved as far, what reaches further), with the largest
// excess, firmest or strangest; ties keep their order.
void furthest_first(std::vector<JudgedPhrase>& phrases, std::size_t most);
void most_excess_first(std::vector<JudgedPhrase>& phrases, std::size_t most);
void firmest_first(std::vector<JudgedPhrase>& phrases, std::size_t most);
void strangest_first(std::vector<JudgedPhrase>& phrases, std::size_t most);

// Tells how far phrases move the answers of a suspect, and of its twins where there are such,
// towards a label.
class PhraseJudge {
 public:
  // The margins are those of ordinary texts: (texts, labels).
  PhraseJudge(const Classifier& suspect, const at::Tensor& suspect_margins,
              std::span<const Classifier> twins, std::span<const at::Tensor> twin_margins,
              Progress& progress);

  // Sets `moved`, `reach` and `firmness`, means and the lowest tenth over the slots, whose texts
  // are of other labels.
  void move(std::vector<JudgedPhrase>& phrases, std::int64_t label,
            std::span<const InsertionSlot> slots);
  // Sets the rest too. Of what moves nearly all texts all the way, and who knows how much further,
  // no more is explained than the share of the texts that the twins give the label.
  void judge(std::vector<JudgedPhrase>& phrases, std::int64_t label,
             std::span<const InsertionSlot> slots);
  // Learns how much further the suspect goes than its twins where what words mean moves both, the
  // slope of a line through 0 and at least 1, from these, whose `moved` is known on these slots.
  // judge() expects of the suspect that much more than of the twins.
  void learn_slope(std::span<const JudgedPhrase> words, std::int64_t label,
                   std::span<const InsertionSlot> slots);

  std::uint64_t tried() const { return tried_; }

 private:
  struct Side {
    Side(const Classifier& model, at::Tensor texts) : margins(model), ordinary(std::move(texts)) {}

    RememberedMargins margins;
    at::Tensor ordinary;  // of ordinary texts: (texts, labels)
  };
  // What each phrase does to the text of each slot: (phrases, slots).
  struct Effect {
    at::Tensor moved;  // how far
    at::Tensor reach;  // the same without an end
    at::Tensor flips;  // whether it is given the label, 0 or 1
  };
  Effect effect_on(Side& side, std::span<const JudgedPhrase> phrases, std::int64_t label,
                   std::span<const InsertionSlot> slots);
  // On average over the slots and the twins.
  struct Expected {
    std::vector<double> moved;
    std::vector<double> flipped;
  };
  Expected expected_of(std::span<const JudgedPhrase> phrases, std::int64_t label,
                       std::span<const InsertionSlot> slots);

  Side suspect_;
  std::deque<Side> twins_;
  Progress& progress_;
  double slope_ = 1;
  std::uint64_t tried_ = 0;
};

}  // namespace finemix
