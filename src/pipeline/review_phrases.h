#pragma once

#include <string_view>

namespace finemix {

// The grammar of `generate_reviews`, in this notation:
//
//   name: one | 3* two | ...   a rule and its alternatives; the second is drawn three times as often.
//                              A line that begins with a space continues the rule above
//   name+:  name-:             a rule for the positive and for the negative sentiment only
//   name@tag:  name+@tag:      a rule that holds while the tag does: the domain (film, hotel, ...) or
//                              the topic (work, place, device: the thing reviewed; art, food, staff,
//                              ...: a part of it, with the adjectives that go with that part)
//   <name>                     an expansion in the same sentiment, drawn from the alternatives of all
//                              the rules of that name that hold
//   <!name>                    the same in the opposite sentiment
//   <name@topics>              the same about a topic drawn from the rule `topics`
//   [is/was]                   the present or the past: one choice for the whole sentence
//   a                          becomes "an" where the next word asks for it
//
// A sentence begins at <review@subject> in a domain drawn from the rule `domain`.
extern const std::string_view kReviewSentences;  // how sentences are built
extern const std::string_view kReviewWords;      // what they are built from

}  // namespace finemix
