#include "finemix/text/tokenizer_frame.h"

namespace finemix {

using Kind = TemplatePart::Kind;

void set_bert_templates(TokenizerFrame& frame, std::int32_t cls, std::int32_t sep) {
  frame.single = {{Kind::kToken, 0, cls}, {Kind::kFirst, 0}, {Kind::kToken, 0, sep}};
  frame.pair = frame.single;
  frame.pair.insert(frame.pair.end(), {{Kind::kSecond, 1}, {Kind::kToken, 1, sep}});
}

void set_roberta_templates(TokenizerFrame& frame, std::int32_t cls, std::int32_t sep) {
  frame.single = {{Kind::kToken, 0, cls}, {Kind::kFirst, 0}, {Kind::kToken, 0, sep}};
  frame.pair = frame.single;
  frame.pair.insert(frame.pair.end(),
                    {{Kind::kToken, 0, sep}, {Kind::kSecond, 0}, {Kind::kToken, 0, sep}});
}

void clear_type_ids(TokenizerFrame& frame) {
  for (auto* parts : {&frame.single, &frame.pair}) {
    for (TemplatePart& part : *parts) part.type_id = 0;
  }
}

}  // namespace finemix
