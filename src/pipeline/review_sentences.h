#pragma once

#include <string_view>

namespace finemix {

// How the sentences of `generate_reviews` are built; `kReviewWords` is what they are built from.
// Both are a grammar in this notation:
//
//   name: one | 3* two | ...   a rule and its alternatives, the second drawn three times as often;
//                              a line that begins with a space continues the rule above
//   name+:  name-:             a rule for the positive, for the negative sentiment only
//   name@tag:  name+@tag:      a rule that holds while the tag is the domain (film, hotel, ...) or
//                              the topic: the thing reviewed (work, place, device) or a part of it
//                              (art, food, staff, ...), each with the adjectives that suit it
//   <name>                     one of the alternatives of all the rules of that name that hold
//   <!name>                    the same in the opposite sentiment
//   <name@topics>              the same about a topic drawn from the rule `topics`
//   [is/was]                   the present or the past, one choice for the whole sentence
//   a                          becomes "an" where the next word asks for it
//
// A sentence is <review@subject> in a domain drawn from the rule `domain`.
extern const std::string_view kReviewSentences;

}  // namespace finemix
