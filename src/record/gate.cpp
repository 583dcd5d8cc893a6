#include "finemix/record/gate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "finemix/core/number.h"
#include "finemix/record/purify_record.h"
#include "finemix/record/scan_record.h"
#include "record/from_json.h"

namespace finemix {
namespace {

constexpr std::string_view kMinAcc = "min-acc";
constexpr std::string_view kMaxAccDrop = "max-acc-drop";
constexpr std::string_view kMaxAsr = "max-asr";
constexpr std::size_t kMostGates = 64;
constexpr double kMostPoints = 100;

// Of a difference of two rates, which may miss a round bound by so much.
constexpr double kRounding = 1e-9;

bool keeps(std::string_view name, double bound, const std::optional<double>& found) {
  if (!found) return false;
  return name == kMinAcc ? *found >= bound - kRounding : *found <= bound + kRounding;
}

Gate make_gate(std::string_view name, double bound, std::optional<double> found, std::string says) {
  return {std::string(name), bound, found, keeps(name, bound, found), std::move(says)};
}

// With one decimal at most.
std::string rounded(double number) { return plain_number(std::round(number * 10) / 10); }

std::string points(double number) {
  const std::string text = rounded(number);
  return text + (text == "1" ? " point" : " points");
}

std::string share(double rate) { return rounded(100 * rate) + " %"; }

std::string share(const Rate& rate) {
  return share(rate.value) + " (" + rounded(100 * rate.low) + "–" + rounded(100 * rate.high) + ")";
}

void add_min_acc(std::vector<Gate>& gates, const GateBounds& bounds,
                 const std::optional<Rate>& accuracy, const std::string& what) {
  if (!bounds.min_acc) return;
  const std::string says = accuracy ? what + " is " + share(*accuracy)
                                    : "accuracy was not measured, for want of labelled test texts";
  gates.push_back(make_gate(kMinAcc, *bounds.min_acc, value_of(accuracy),
                            says + "; at least " + share(*bounds.min_acc) + " is asked for"));
}

void add_max_asr(std::vector<Gate>& gates, const GateBounds& bounds,
                 const std::optional<double>& found, const std::string& says) {
  if (!bounds.max_asr) return;
  gates.push_back(make_gate(kMaxAsr, *bounds.max_asr, found,
                            says + "; at most " + share(*bounds.max_asr) + " is allowed"));
}

// Of a ScanRecord or an AsrEstimate, with the success that it estimates.
template <typename Search>
void add_estimate(std::vector<Gate>& gates, const GateBounds& bounds,
                  const std::optional<Rate>& asr, const Search& search) {
  const bool all = search.candidates > 0 && search.unsearched_labels.empty();
  if (asr && (all || asr->value > bounds.max_asr)) {
    return add_max_asr(gates, bounds, asr->value, "estimated attack success is " + share(*asr));
  }
  // What flips no text has no success; without a search, or by one in part, it is not known.
  if (all) return add_max_asr(gates, bounds, 0.0, "no trigger was found that convicts");
  std::string says = search.candidates > 0 ? "attack success was estimated in part only"
                                           : "attack success was not estimated";
  says += unsearched_text(search.unsearched_labels);
  add_max_asr(gates, bounds, std::nullopt, says);
}

// Both on test texts, or both held out.
struct Accuracies {
  std::optional<Rate> suspect;
  std::optional<Rate> purified;
  std::string what = "accuracy";
};

Accuracies accuracies(const PurifyRecord& record) {
  if (record.after.accuracy) return {record.before.accuracy, record.after.accuracy};
  const auto chosen = std::ranges::find(record.rho_curve, record.rho, &RhoPoint::rho);
  if (chosen == record.rho_curve.end()) return {};
  return {record.suspect_accuracy, chosen->accuracy, "accuracy on held-out clean examples"};
}

void add_max_acc_drop(std::vector<Gate>& gates, const GateBounds& bounds,
                      const Accuracies& measured) {
  if (!bounds.max_acc_drop) return;
  std::optional<double> drop;
  std::string says = "how much accuracy was lost was not measured, for want of labelled test texts";
  if (measured.suspect && measured.purified) {
    drop = 100 * (measured.suspect->value - measured.purified->value);
    says = measured.what + (*drop < 0 ? " rose by " : " fell by ") + points(std::abs(*drop)) +
           ", from " + share(*measured.suspect) + " to " + share(*measured.purified);
  }
  gates.push_back(make_gate(kMaxAccDrop, *bounds.max_acc_drop, drop,
                            says + "; at most " + points(*bounds.max_acc_drop) + " may be lost"));
}

Gate read_gate(Fields fields) {
  Gate gate;
  gate.name = fields.text("name");
  constexpr std::array kNames = {kMinAcc, kMaxAccDrop, kMaxAsr};
  if (std::ranges::find(kNames, gate.name) == kNames.end()) {
    fields.refuse("name", "min-acc, max-acc-drop or max-asr");
  }
  const double most = gate.name == kMaxAccDrop ? kMostPoints : 1;
  gate.bound = fields.number("bound", 0, most);
  if (!fields.is_null("found")) gate.found = fields.number("found", -most, most);
  gate.passed = fields.boolean("passed");
  gate.says = fields.text("says");
  fields.end();
  if (gate.passed != keeps(gate.name, gate.bound, gate.found)) {
    fields.refuse("passed", "what 'found' and 'bound' say");
  }
  return gate;
}

}  // namespace

bool all_passed(const std::vector<Gate>& gates) {
  return std::ranges::all_of(gates, &Gate::passed);
}

std::vector<Gate> gates_of(const GateBounds& bounds, const EvaluationRecord& record) {
  std::vector<Gate> gates;
  add_min_acc(gates, bounds, record.accuracy, "accuracy");
  const std::optional<Rate>& success = record.attack_success_rate;
  add_max_asr(gates, bounds, value_of(success),
              success ? "attack success is " + share(*success)
                      : "attack success was not measured, for want of a known attack");
  return gates;
}

std::vector<Gate> gates_of(const GateBounds& bounds, const PurifyRecord& record) {
  std::vector<Gate> gates;
  const Accuracies measured = accuracies(record);
  add_min_acc(gates, bounds, measured.purified, measured.what);
  add_max_acc_drop(gates, bounds, measured);
  if (!record.after.attack_success_rate && record.estimated) {
    const AsrEstimate& estimate = after(*record.estimated);
    add_estimate(gates, bounds, estimate.asr, estimate);
  } else {
    const std::vector<Gate> known = gates_of({.max_asr = bounds.max_asr}, record.after);
    gates.insert(gates.end(), known.begin(), known.end());
  }
  return gates;
}

std::vector<Gate> gates_of(const GateBounds& bounds, const ScanRecord& record) {
  std::vector<Gate> gates;
  add_estimate(gates, bounds, record.estimated_asr, record);
  return gates;
}

Json to_json(const Gate& gate) {
  return {{"name", gate.name},
          {"bound", gate.bound},
          {"found", gate.found ? Json(*gate.found) : Json(nullptr)},
          {"passed", gate.passed},
          {"says", gate.says}};
}

std::vector<Gate> read_gates(Fields& parent, std::string_view key) {
  std::vector<Gate> gates;
  for (Fields& gate : parent.objects(key, kMostGates)) gates.push_back(read_gate(std::move(gate)));
  return gates;
}

}  // namespace finemix
