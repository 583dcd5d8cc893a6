#include "finemix/train/variations.h"

#include <algorithm>
#include <set>

#include "finemix/core/random.h"
#include "finemix/model/nearest_rows.h"

namespace finemix {
namespace {

class Varier {
 public:
  Varier(const NearestRows& neighbours, const Tokenizer& tokenizer, std::uint64_t seed)
      : neighbours_(neighbours),
        framing_(tokenizer.framing_ids().begin(), tokenizer.framing_ids().end()),
        random_(seed, "variations") {}

  Encoding operator()(const Encoding& text) {
    const float swapped = random_.uniform();
    const bool crop = random_.uniform() < 0.5f;
    Encoding result;
    for (std::size_t begin = 0; begin < text.ids.size();) {
      std::size_t end = begin;
      while (end < text.ids.size() && !framing_.contains(text.ids[end])) ++end;
      auto [first, last] = crop ? part(begin, end) : std::pair(begin, end);
      for (std::size_t i = first; i < last; ++i) append(result, text, i, swapped);
      if (end < text.ids.size()) append(result, text, end, 0);
      begin = end + 1;
    }
    return result;
  }

 private:
  // A stretch of [begin, end) of at least a quarter of its length.
  std::pair<std::size_t, std::size_t> part(std::size_t begin, std::size_t end) {
    const std::size_t length = end - begin;
    const std::size_t least = std::max<std::size_t>(2, length / 4);
    if (length <= least) return {begin, end};
    const std::size_t kept = least + random_.below(length - least + 1);
    const std::size_t first = begin + random_.below(length - kept + 1);
    return {first, first + kept};
  }

  void append(Encoding& result, const Encoding& text, std::size_t place, float swapped) {
    std::int32_t id = text.ids[place];
    if (swapped > 0 && random_.uniform() < swapped) {
      const auto known = neighbours_.find(id);
      if (known != neighbours_.end() && !known->second.empty()) {
        id = known->second[random_.below(known->second.size())];
      }
    }
    result.ids.push_back(id);
    result.type_ids.push_back(text.type_ids[place]);
  }

  const NearestRows& neighbours_;
  std::set<std::int32_t> framing_;  // around texts
  RandomSequence random_;
};

}  // namespace

EncodedTexts vary_texts(const EncodedTexts& texts, const at::Tensor& embeddings,
                        const Tokenizer& tokenizer, std::span<const std::int64_t> excluded,
                        const VariationOptions& options) {
  EncodedTexts varied;
  if (texts.empty()) return varied;
  const NearestRows neighbours = nearest_rows(
      texts.ids(), embeddings, swap_groups(tokenizer, static_cast<std::size_t>(embeddings.size(0))),
      excluded, options.neighbours);
  Varier vary(neighbours, tokenizer, options.seed);
  for (std::size_t i = 0; i < options.count; ++i) varied.push_back(vary(texts[i % texts.size()]));
  return varied;
}

void remove_runs(EncodedTexts& texts, std::span<const std::vector<std::int32_t>> runs) {
  if (runs.empty()) return;
  EncodedTexts result;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    const auto ids = texts.ids(text);
    for (std::size_t i = 0; i < ids.size();) {
      const auto run = std::ranges::find_if(runs, [&](const std::vector<std::int32_t>& each) {
        return !each.empty() && each.size() <= ids.size() - i &&
               std::ranges::equal(each, ids.subspan(i, each.size()));
      });
      if (run != runs.end()) {
        i += run->size();
        continue;
      }
      result.extend(ids.subspan(i, 1), texts.type_ids(text)[i]);
      ++i;
    }
    result.end_text();
  }
  texts = std::move(result);
}

}  // namespace finemix
