#include "finemix/text/wordpiece_config.h"

namespace finemix {

void set_bert_templates(WordPieceConfig& config, std::int32_t cls, std::int32_t sep) {
  using Kind = TemplatePart::Kind;
  config.single = {{Kind::kToken, 0, cls}, {Kind::kFirst, 0}, {Kind::kToken, 0, sep}};
  config.pair = config.single;
  config.pair.insert(config.pair.end(), {{Kind::kSecond, 1}, {Kind::kToken, 1, sep}});
}

}  // namespace finemix
