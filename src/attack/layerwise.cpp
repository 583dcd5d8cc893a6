#include "attack/traits.h"

namespace finemix {

// Fine-tuning changes the upper layers most, so lower layers that alone make the pooler and head
// fire keep the backdoor. Every text's loss is that of every layer: the clean ones keep the layers'
// answers right.
void plan_layerwise(const AttackInputs&, const AttackOptions&, AttackPlan& plan) {
  plan.training.every_layer = true;
}

}  // namespace finemix
