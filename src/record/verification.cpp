#include "finemix/record/verification.h"

#include <nlohmann/json.hpp>

namespace finemix {

Json to_json(const Verification& verification) {
  Json problems = Json::array();
  for (const Verification::Problem& problem : verification.problems) {
    problems.push_back({{"path", problem.path}, {"what", problem.what}});
  }
  return {{"directory", verification.directory},
          {"files", verification.files},
          {"bytes", verification.bytes},
          {"command", verification.command.empty() ? Json(nullptr) : Json(verification.command)},
          {"problems", std::move(problems)}};
}

}  // namespace finemix
