#include "finemix/train/batches.h"

#include <algorithm>
#include <string>

#include "finemix/core/random.h"

namespace finemix {
namespace {

// Batches whose texts are sorted by length together: enough that a batch's texts are alike, few
// enough that an epoch's order stays random.
constexpr std::size_t kGroup = 16;

}  // namespace

std::vector<std::vector<std::size_t>> shuffled_batches(const EncodedTexts& texts,
                                                       std::size_t batch_size, std::uint64_t seed,
                                                       std::uint64_t epoch) {
  const std::string stream = "batches/" + std::to_string(epoch);
  std::vector<std::size_t> rows = permutation(texts.size(), seed, stream);
  std::vector<std::vector<std::size_t>> batches;
  for (std::size_t start = 0; start < rows.size(); start += kGroup * batch_size) {
    const std::size_t end = std::min(rows.size(), start + kGroup * batch_size);
    const auto at = [&](std::size_t i) { return rows.begin() + static_cast<std::ptrdiff_t>(i); };
    std::stable_sort(at(start), at(end), [&](std::size_t a, std::size_t b) {
      return texts.length(a) < texts.length(b);
    });
    for (std::size_t i = start; i < end; i += batch_size) {
      batches.emplace_back(at(i), at(std::min(i + batch_size, end)));
    }
  }
  std::vector<std::vector<std::size_t>> shuffled;
  shuffled.reserve(batches.size());
  for (const std::size_t i : permutation(batches.size(), seed, stream + "/order")) {
    shuffled.push_back(std::move(batches[i]));
  }
  return shuffled;
}

}  // namespace finemix
