#include "pipeline/pair.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/listed.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"
#include "finemix/io/json.h"
#include "finemix/model/lineage.h"
#include "finemix/text/added_rewrites.h"
#include "finemix/text/special_view.h"

namespace finemix {
namespace {

constexpr std::string_view kRefuse = "refuse";
constexpr std::string_view kSharedRows = "shared-rows";

// Gives the pre-trained model a table like the suspect's: the rows of tokens that it has too, and
// the suspect's own rows for the others, so that these are neither mixed nor reset.
void share_rows(const Tokenizer& tokenizer, StoredPair& pair) {
  const at::Tensor own = pair.pretrained.read(kWordEmbeddings);
  at::Tensor rows = pair.backdoored.read(kWordEmbeddings);
  if (own.size(1) != rows.size(1)) return;  // no base at all: check_same_shapes says so
  constexpr std::size_t kNamed = 3;
  std::int64_t shared = 0;
  std::vector<std::string> others;
  const auto tokens = static_cast<std::int64_t>(pair.tokenizer->vocabulary_size());
  for (std::int64_t id = 0; id < tokens; ++id) {
    const std::string& token = pair.tokenizer->token(static_cast<std::int32_t>(id));
    const std::int64_t twin = token.empty() ? -1 : tokenizer.id(token);
    if (twin >= 0 && twin < own.size(0)) {
      rows[id].copy_(own[twin]);
      ++shared;
    } else if (can_be_in_text(*pair.tokenizer, static_cast<std::int32_t>(id))) {
      pair.unshared.push_back(id);
      others.push_back(quote(token));
    }
  }
  pair.findings.push_back("the vocabularies differ: " + std::to_string(shared) + " of " +
                          std::to_string(tokens) +
                          " tokens have a pre-trained row; the rows of the others are kept" +
                          (others.empty() ? "" : ": ") + listed(others, kNamed));
  pair.pretrained.replace(std::string(kWordEmbeddings), std::move(rows));
}

// From here on the tokens are special that the pre-trained tokenizer calls so.
void take_special_tokens(const Tokenizer& pretrained, StoredPair& pair) {
  std::vector<std::int32_t> special;
  for (const std::int32_t id : pretrained.special_ids()) {
    const std::int32_t own = pair.tokenizer->id(pretrained.token(id));
    if (own >= 0) special.push_back(own);
  }
  std::ranges::sort(special);
  std::vector<std::int32_t> added;
  std::ranges::set_difference(pair.tokenizer->special_ids(), special, std::back_inserter(added));
  if (!added.empty()) {
    const std::string more =
        added.size() > 1 ? " and " + std::to_string(added.size() - 1) + " more are special tokens"
                         : " is a special token";
    pair.findings.push_back("the two tokenizers differ: " + quote(pair.tokenizer->token(added[0])) +
                            more + " of the suspect's only");
  }
  pair.tokenizer = with_special_ids(std::move(pair.tokenizer), std::move(special));
}

void check_vocabularies(StoredPair& pair, const PairChecks& checks) {
  const bool share = checks.vocab_mismatch == kSharedRows;
  if (!share && checks.vocab_mismatch != kRefuse) {
    throw Error(ErrorKind::kUsage, "--vocab-mismatch is " + quote(checks.vocab_mismatch) +
                                       ", expected refuse or shared-rows");
  }
  pair.rewrites = added_rewrites(pair.pretrained.directory(), pair.backdoored.directory());
  if (!pair.rewrites.empty()) pair.findings.push_back(pair.rewrites);
  if (tokenizer_files(pair.pretrained.directory()).empty()) return;
  const TokenizerPointer tokenizer = load_tokenizer(pair.pretrained.directory());
  const bool same_rows = pair.pretrained.config().vocab_size == pair.backdoored.config().vocab_size;
  const std::string difference = vocabulary_difference(*tokenizer, *pair.tokenizer);
  if (share && !(same_rows && difference.empty())) {
    share_rows(*tokenizer, pair);
    return take_special_tokens(*tokenizer, pair);
  }
  if (!difference.empty()) {
    throw Error(ErrorKind::kMismatch, pair.pretrained.directory().string() + " and " +
                                          pair.backdoored.directory().string() + ": " + difference +
                                          ": expected two models with one vocabulary, or "
                                          "--vocab-mismatch shared-rows");
  }
  if (const std::string what = first_difference(*tokenizer, *pair.tokenizer); !what.empty()) {
    pair.findings.push_back("the two tokenizers differ: " + what + "; the suspect's is used");
  }
  take_special_tokens(*tokenizer, pair);
}

// A classifier of another kind is trained and measured as if it were of this one.
void find_other_problem(StoredPair& pair) {
  constexpr std::string_view kOneLabel = "single_label_classification";
  const std::string problem =
      json_string_or(parse_json(pair.backdoored.config_text(), "config.json"), "problem_type",
                     kOneLabel, (pair.backdoored.directory() / "config.json").native());
  if (problem == kOneLabel) return;
  pair.findings.push_back("the suspect's problem_type is " + quote(problem) +
                          ", but finemix trains and measures with one label a text");
}

void check_finite(const Model& model, const std::string& directory) {
  for (const auto& [name, weight] : model.weights) {
    throw_if_stopped();
    if (!weight.is_floating_point() || at::isfinite(weight).all().item<bool>()) continue;
    throw Error(ErrorKind::kNumeric, directory + ": " + quote(name) +
                                         " holds NaN or Inf; get the model anew from where it "
                                         "comes from");
  }
}

}  // namespace

ModelPair load_pair(const std::string& pretrained, const std::string& backdoored,
                    const PairChecks& checks) {
  StoredPair stored = open_pair(pretrained, backdoored, checks);
  ModelPair pair{load_model(stored.pretrained), load_model(stored.backdoored),
                 std::move(stored.tokenizer),   std::move(stored.findings),
                 std::move(stored.stranger),    std::move(stored.rewrites),
                 std::move(stored.unshared)};
  check_finite(pair.pretrained, pretrained);
  check_finite(pair.backdoored, backdoored);
  return pair;
}

StoredPair open_pair(const std::string& pretrained, const std::string& backdoored,
                     const PairChecks& checks) {
  require_option(pretrained, "--pretrained");
  require_option(backdoored, "--backdoored");
  StoredModel suspect = StoredModel::open(backdoored);
  TokenizerPointer tokenizer = tokenizer_of(suspect);
  StoredPair pair{StoredModel::open(pretrained), std::move(suspect), std::move(tokenizer), {}};
  check_vocabularies(pair, checks);
  check_same_shapes(pair.pretrained, pair.backdoored);
  for (const std::string& what : differences(pair.pretrained.config(), pair.backdoored.config())) {
    pair.findings.push_back("the two config.json differ: " + what + "; the suspect's is used");
  }
  find_other_problem(pair);
  if (std::string problem = lineage_problem(pair.pretrained, pair.backdoored); !problem.empty()) {
    if (!checks.force) {
      throw Error(ErrorKind::kMismatch, problem +
                                            "; give the model it was made from, or --force to go "
                                            "on with the two all the same");
    }
    pair.findings.push_back(problem);
    pair.stranger = std::move(problem);
  }
  return pair;
}

}  // namespace finemix
