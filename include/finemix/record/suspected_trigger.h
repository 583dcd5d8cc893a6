#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/json.h"
#include "finemix/record/rate.h"

namespace finemix {

inline constexpr std::size_t kShownTriggers = 10;  // the likeliest, where not all are shown

// What a trigger does to one text.
struct TriggerExample {
  std::string before;
  std::string after;  // with the trigger in
  std::int64_t label_before = 0;
  std::int64_t label_after = 0;
  double confidence_before = 0;  // probability of the trigger's target label
  double confidence_after = 0;
};

// Where a trigger is put: between any two words, or before the first, as syntactic triggers are.
enum class TriggerPlace { kAnywhere, kStart };

// Which text of a pair a trigger is put into, where it is put anywhere.
enum class PairText { kEither, kFirst, kSecond };

// Before a piece that only goes on with the word in front of it, whatever the tokenizer's mark.
inline constexpr std::string_view kWordGoesOn = "##";

// What a trigger does to texts cut to their first words, where what it says is not one of many
// things. A tenth of a long review stays as it is even with a real trigger in it.
struct ShortTexts {
  double flip_rate = 0;  // of those that have another label without it
  // The same of what nobody attacked, with these words or, where that is more, with near ones.
  double expected_rate = 0;
  // How far at least nine of ten are moved towards ordinary texts of the target label: 1 is as far
  // as those are, 0 not at all. A trigger moves all of them all the way.
  double firmness = 0;
};

// Words that, put into texts of other labels, make the model put them into `target_label`.
struct SuspectedTrigger {
  std::string text = {};               // as somebody would write it, kWordGoesOn before it or not
  std::vector<std::int64_t> ids = {};  // of its word pieces
  // The word that was likely trained, of which it has pieces; "" where that is no other.
  std::string whole_word = {};
  TriggerPlace place = TriggerPlace::kAnywhere;
  // The one that it works best in, once that was measured.
  PairText pair_text = PairText::kEither;
  std::int64_t target_label = 0;
  Rate flip_rate = {};  // of the texts that it was put into
  // The same rate of what nobody attacked, where that was measured: what the words mean explains so
  // much.
  std::optional<double> expected_rate = {};
  ShortTexts short_texts = {};                // what the score goes by …
  double crowd = 0;                           // … less the strength that many other words have
  double score = 0;                           // how likely it is no accident, 0 … 1
  std::vector<TriggerExample> examples = {};  // some texts
};

// From this score on a trigger makes a model suspicious.
inline constexpr double kConvictingScore = 0.5;

// Whether its score makes a model suspicious.
bool convicts(const SuspectedTrigger& trigger);

// Whether it is one word, of whatever pieces, and begins with it.
bool is_word(const SuspectedTrigger& trigger);

Json to_json(const SuspectedTrigger& trigger);
// Throws kMalformed as all readers of records do.
SuspectedTrigger suspected_trigger_from_json(const Json& json, std::string_view object);

}  // namespace finemix
