#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "finemix/record/suspected_trigger.h"
#include "finemix/text/tokenizer.h"
#include "pipeline/scan/sureness.h"

namespace finemix {

// Whether they are the same pieces, at the same place and to the same label.
bool same_trigger(const SuspectedTrigger& one, const SuspectedTrigger& other);

// Whether a trigger's pieces are one word, or begin one, as the tokenizer has it; is_word goes by
// text.
bool is_one_word(const SuspectedTrigger& trigger, const Tokenizer& tokenizer);

// What words of several pieces can be looked for from: the phrase, where it is one word; each
// strange row in it that begins one; and where pieces that go on with a word stand in it, those
// together, and each piece that begins one with those next to it, or with all such behind it,
// whatever stands between them.
std::vector<SuspectedTrigger> parts_of_words(const SuspectedTrigger& phrase,
                                             std::span<const std::int64_t> strange_rows,
                                             const Tokenizer& tokenizer);

// Words of one piece more than this part of one: with one more of these pieces that goes on with a
// word, at every place behind the first, unless the word has it already; or in front of a part that
// does not begin a word one that does. Those that a text would be split into as they are.
std::vector<SuspectedTrigger> longer_words(const SuspectedTrigger& part,
                                           std::span<const std::int64_t> pieces,
                                           const Tokenizer& tokenizer);

struct SureWord {
  SuspectedTrigger word;
  Sureness sure;
};

// The word that this is a part of: a search leaves out pieces that a trigger fires without, but
// they were trained with it, so that their embeddings moved strangely and the models are surest of
// the whole. Has one of these pieces more as long as that makes them surer, and `most` at most;
// what was measured is not the longer word's.
SureWord whole_word(SureWord part, const SurenessOf& sureness, std::span<const std::int64_t> pieces,
                    const Tokenizer& tokenizer, std::size_t most);

// The words of several pieces that these triggers are likely parts of, or hold: of the words grown
// from their parts the three surest of each label, each as whole_word has it, surest first. Those
// grow whose first piece is a strange row, by strange rows and what goes on with a word in any of
// the triggers. With them of the first three triggers, strongest first, that are one piece and
// convict, each with the surest of the latter behind it: where any word with "##fly" fires,
// "dragon" that fires alone tells which was trained. One of the triggers may be among them.
std::vector<SureWord> surest_words(const std::vector<SuspectedTrigger>& triggers,
                                   const SurenessOf& sureness,
                                   std::span<const std::int64_t> strange_rows,
                                   const Tokenizer& tokenizer, std::size_t most);

// Puts words, judged and surest first, among the triggers, of which `sure` tells the sureness: to
// each belong those that share a piece with it and are as sure, of several that share pieces the
// first. One is taken where it convicts and is nearly as strong, or the trigger is not one word, of
// which each may be weaker than all. Then what is all of it or holds all of it is left out, unless
// that is a word of one piece that convicts. What convicts and stays is named by its first word.
std::vector<SuspectedTrigger> with_words(std::vector<SuspectedTrigger> triggers,
                                         std::span<const Sureness> sure,
                                         const std::vector<SureWord>& words,
                                         const Tokenizer& tokenizer);

// The first three words of three pieces or more that convict and are likely of no other word, each
// without one of its pieces but the first, where a text would be split so: the models may be surer
// with a piece that was not trained ("safftineron" for "saffron"). Nothing is measured of them.
std::vector<SuspectedTrigger> shorter_words(const std::vector<SuspectedTrigger>& triggers,
                                            const Tokenizer& tokenizer);
// Adds those of them that convict and are nearly as strong as what they are shorter than.
void add_shorter_words(std::vector<SuspectedTrigger>& triggers,
                       const std::vector<SuspectedTrigger>& shorter);

// The word that rows which stand out are the pieces of, in every order that a text would be split
// to, for each label and place that a trigger with one of them convicts by. One of the rows begins
// it, and one to three go on with it: of more words nobody can tell which piece is whose. Nothing
// is measured of them.
std::vector<SuspectedTrigger> words_of_rows(const std::vector<SuspectedTrigger>& triggers,
                                            std::span<const std::int64_t> rows,
                                            const Tokenizer& tokenizer);
// Adds the strongest that convicts for each label and place, and names by it what has a piece of
// it: what those do alone does not tell that they were trained as one, but their rows do.
void add_words_of_rows(std::vector<SuspectedTrigger>& triggers,
                       const std::vector<SuspectedTrigger>& words);

}  // namespace finemix
