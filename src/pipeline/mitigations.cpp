#include "finemix/pipeline/mitigations.h"

#include "finemix/core/error.h"
#include "pipeline/mitigation.h"
#include "pipeline/mitigations/methods.h"

namespace finemix {

const std::vector<MitigationMethod>& mitigations() {
  static const std::vector<MitigationMethod> methods = {
      none(),        fine_tuning(),     fine_pruning(),   fine_pruning_frozen(),
      fine_mixing(), fine_mixing_sel(), weight_average(), ties(),
      dare(),        fine_purifying(),  distillation()};
  return methods;
}

const MitigationMethod& find_mitigation(std::string_view name) {
  std::string known;
  for (const MitigationMethod& method : mitigations()) {
    if (method.name == name) return method;
    known += (known.empty() ? "" : ", ") + std::string(method.name);
  }
  throw Error(ErrorKind::kUsage,
              "--method is '" + std::string(name) + "', expected one of " + known);
}

TrainingSet Mitigation::training_set(const TrainingSet& clean, double) const { return clean; }

TrainOptions training_on_clean() {
  TrainOptions training;
  training.epochs = 30;
  training.batch_size = 16;
  training.learning_rate = 5e-5;
  return training;
}

}  // namespace finemix
