#include "finemix/record/mcnemar.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace finemix {

McNemarRecord mcnemar(std::uint64_t before_only, std::uint64_t after_only) {
  McNemarRecord record{before_only, after_only, 1};
  // Apart by one at most, either side's tail is half of all.
  if (std::max(before_only, after_only) - std::min(before_only, after_only) <= 1) return record;
  // Twice the lower tail of a binomial with n throws of a fair coin, from its last term down; each
  // is made from the one above, so that only the first needs a logarithm.
  const auto n = static_cast<double>(before_only) + static_cast<double>(after_only);
  auto k = static_cast<double>(std::min(before_only, after_only));
  double term = std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) -
                         n * std::log(2.0));
  double tail = 0;
  for (; term > tail * std::numeric_limits<double>::epsilon() / 2; --k) {
    tail += term;
    term *= k / (n - k + 1);
  }
  record.p_value = std::min(1.0, 2 * tail);
  return record;
}

Json to_json(const McNemarRecord& record) {
  return {{"before_only", record.before_only},
          {"after_only", record.after_only},
          {"p_value", record.p_value}};
}

}  // namespace finemix
