#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <tuple>
#include <vector>

#include "finemix/eval/trigger_measure.h"
#include "finemix/model/classifier.h"
#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"

namespace finemix {

// How far a trigger moves a suspect, and a twin of it, on average: both margins of its label. The
// twin has half of the suspect's weights and knows a trigger in part, so that it is not yet sure of
// one that the suspect could not be surer of. Of the twin's what it makes of each piece alone is
// left out, which is mostly what the piece means, "terrible" in a review, say.
struct Sureness {
  double suspect = 0;
  double twin = 0;
  double sum() const { return suspect + twin; }
  // Whether this is enough more for a trigger to be what was trained, rather than a part of it.
  bool surer_than(const Sureness& other) const;
};
using SurenessOf = std::function<std::vector<Sureness>(std::span<const SuspectedTrigger>)>;

// Measures it. What pieces do alone is measured once.
class SurenessMeasure {
 public:
  // All four must outlive this.
  SurenessMeasure(const TriggerMeasure& measure, const Tokenizer& tokenizer,
                  const Classifier& suspect, const Classifier& twin)
      : measure_(measure), tokenizer_(tokenizer), suspect_(suspect), twin_(twin) {}

  std::vector<Sureness> operator()(std::span<const SuspectedTrigger> triggers);

 private:
  using Pieces = std::vector<std::int64_t>;
  using Aim = std::tuple<std::int64_t, TriggerPlace, PairText>;  // a trigger's label and place
  static Aim aim(const SuspectedTrigger& trigger) {
    return {trigger.target_label, trigger.place, trigger.pair_text};
  }

  void measure_alone(std::span<const SuspectedTrigger> triggers);
  // How far a trigger's pieces move the twin, each alone.
  double meaning(const SuspectedTrigger& trigger) const;

  const TriggerMeasure& measure_;
  const Tokenizer& tokenizer_;
  const Classifier& suspect_;
  const Classifier& twin_;
  std::map<Aim, std::map<Pieces, double>> alone_;  // the twin's margins
};

}  // namespace finemix
