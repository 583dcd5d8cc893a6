#include "finemix/record/made.h"

#include <nlohmann/json.hpp>

#include "finemix/record/version.h"
#include "record/to_json.h"

namespace finemix {

Json made_by(const RunRequest& request, std::uint64_t seed,
             const std::vector<InputRecord>& inputs) {
  return {{"version", kVersion},
          {"command", request.command},
          {"config", request.config},
          {"seed", seed},
          {"inputs", list_json(inputs)}};
}

}  // namespace finemix
