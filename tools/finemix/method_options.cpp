#include "method_options.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common_options.h"
#include "finemix/core/number.h"
#include "finemix/pipeline/mitigations.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

// A number in [0, 1], or "auto".
void bind_rho(OptionTable& table, std::string* rho) {
  Option option;
  option.name = "rho";
  option.value = "R|auto";
  option.help =
      "reserve ratio: share of the suspect's weights that is kept. auto takes, of those of "
      "--rho-grid "
      "whose held-out accuracy is within --max-acc-drop of the suspect's, the one at which the "
      "triggers that were found work least, the smallest where none were; a backdoor that was not "
      "found may still work there";
  option.kind = Option::Kind::kNumber;
  option.set = [rho](const Json& json) -> std::optional<std::string> {
    const bool number = json.is_number() && json >= 0 && json <= 1;
    if (!number && json != "auto") return "a number from 0 to 1, or auto";
    *rho = number ? plain_number(json.get<double>()) : "auto";
    return {};
  };
  option.get = [rho] { return *rho == "auto" ? Json(*rho) : Json(std::stod(*rho)); };
  table.add(std::move(option));
}

std::vector<std::string> method_names() {
  std::vector<std::string> names;
  for (const MitigationMethod& method : mitigations()) names.emplace_back(method.name);
  return names;
}

std::string method_help() {
  std::string help =
      "each has defaults of its own for --rho, in brackets, and for the training, with ";
  help += "which all but none end. ";
  for (const MitigationMethod& method : mitigations()) {
    const std::string rho = method.rho.empty() ? "" : " [" + std::string(method.rho) + "]";
    help += std::string(method.name) + rho + ": " + std::string(method.does) + "; ";
  }
  help.resize(help.size() - 2);
  return help;
}

}  // namespace

void bind_method(OptionTable& table, PurifyOptions* options) {
  table.choice(
      "method", method_names(), [options](const std::string& name) { options->set_method(name); },
      [options] { return options->method; }, method_help());
  table.integer("distill-texts", "N", &options->distillation.texts, std::size_t{1},
                std::size_t{100'000'000}, "texts that the suspect labels for distillation");
  bind_rho(table, &options->rho);
  table.numbers("rho-grid", "R", &options->rho_grid, 0, 1, "what --rho auto tries");
  table.number(
      "max-acc-drop", "X", &options->gates.max_acc_drop, 0, 100,
      "points of clean accuracy that may be lost: what --rho auto gives up at most, " +
          plain_number(kAutoAccDrop) +
          " without it, less where --min-acc asks for more, and where it is given a gate too");
  bind_select(table, {"small-delta", "large-delta"}, &options->select,
              "weights that fine-mixing-sel keeps: those that moved least or most");
  bind_head(table, &options->head);
}

}  // namespace finemix
