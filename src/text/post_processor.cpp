#include "text/post_processor.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "text/json_members.h"

namespace finemix {
namespace {

constexpr std::size_t kMaxTemplateParts = 64;

[[noreturn]] void refuse(std::string_view object, const std::string& what) {
  throw Error(ErrorKind::kMalformed, printable(object) + ": " + what);
}

// What ids and names are held against.
struct Known {
  const TokenizerFrame& frame;
  const std::vector<std::string>& vocabulary;
};

// The token with this id, or an empty one.
std::string_view token_of(const Known& known, std::int64_t id) {
  if (id < static_cast<std::int64_t>(known.vocabulary.size())) {
    return known.vocabulary[static_cast<std::size_t>(id)];
  }
  const auto added = std::ranges::find(known.frame.added_tokens, id, &AddedToken::id);
  return added == known.frame.added_tokens.end() ? std::string_view() : added->content;
}

// An id that the post-processor puts in, under the name that it has for it.
std::int32_t checked_special(const Known& known, const Json& name, const Json& id) {
  if (!name.is_string() || !is_id(id)) {
    refuse(known.frame.name, "the post-processor has a special token " + printable(name.dump()) +
                                 " with id " + printable(id.dump()) +
                                 ", expected a name and an id");
  }
  const std::string_view token = token_of(known, id.get<std::int64_t>());
  if (token.empty() || token != name.get_ref<const std::string&>()) {
    refuse(known.frame.name, "the post-processor calls id " + id.dump() + " " +
                                 quote(name.get_ref<const std::string&>()) +
                                 ", the vocabulary calls it " + quote(token));
  }
  return id.get<std::int32_t>();
}

// One side of a TemplateProcessing: [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence":
// {"id": "A", "type_id": 0}}, …].
std::vector<TemplatePart> read_template(const Known& known, const Json& processor,
                                        std::string_view key) {
  using Kind = TemplatePart::Kind;
  const auto refuse_many = [&](std::size_t count) {
    refuse(known.frame.name, quote(key) + " has " + std::to_string(count) +
                                 " parts, expected at most " + std::to_string(kMaxTemplateParts));
  };
  const Json& pieces = array_member(processor, key, known.frame.name);
  if (pieces.size() > kMaxTemplateParts) refuse_many(pieces.size());
  std::vector<TemplatePart> parts;
  for (const Json& piece : pieces) {
    const bool is_text = piece.is_object() && piece.contains("Sequence");
    const Json& place =
        object_member(piece, is_text ? "Sequence" : "SpecialToken", known.frame.name);
    const std::string id = json_string_or(place, "id", "", known.frame.name);
    const auto type_id =
        static_cast<std::int32_t>(json_integer(place, "type_id", 0, kMaxTypeId, known.frame.name));
    if (is_text) {
      if (id != "A" && id != "B") {
        refuse(known.frame.name,
               "the post-processor names a text " + quote(id) + ", expected A or B");
      }
      parts.push_back({id == "A" ? Kind::kFirst : Kind::kSecond, type_id});
      continue;
    }
    const Json& all = object_member(processor, "special_tokens", known.frame.name);
    const Json& token = object_member(all, id, known.frame.name);
    const Json& ids = array_member(token, "ids", known.frame.name);
    const Json& names = array_member(token, "tokens", known.frame.name);
    if (ids.empty() || ids.size() != names.size()) {
      refuse(known.frame.name, "the special token " + quote(id) + " has " +
                                   std::to_string(ids.size()) + " ids and " +
                                   std::to_string(names.size()) +
                                   " names, expected at least one, and as many of both");
    }
    if (parts.size() + ids.size() > kMaxTemplateParts) refuse_many(parts.size() + ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      parts.push_back({Kind::kToken, type_id, checked_special(known, names[i], ids[i])});
    }
  }
  return parts;
}

}  // namespace

void read_post_processor(const Json& processor, const std::vector<std::string>& vocabulary,
                         TokenizerFrame& frame) {
  const Known known{frame, vocabulary};
  const Json& type = processor["type"];
  if (type == "TemplateProcessing") {
    std::vector<TemplatePart> single = read_template(known, processor, "single");
    frame.pair = read_template(known, processor, "pair");
    frame.single = std::move(single);
    return;
  }
  if (type == "ByteLevel") {  // it mends offsets only
    frame.single = {{TemplatePart::Kind::kFirst, 0}};
    frame.pair = {{TemplatePart::Kind::kFirst, 0}, {TemplatePart::Kind::kSecond, 1}};
    return;
  }
  const auto special = [&](std::string_view key) {
    const Json& token = array_member(processor, key, frame.name);
    if (token.size() != 2) refuse(frame.name, quote(key) + " is no pair of a name and an id");
    return checked_special(known, token[0], token[1]);
  };
  const std::int32_t cls = special("cls");
  const auto set_templates =
      type == "RobertaProcessing" ? set_roberta_templates : set_bert_templates;
  set_templates(frame, cls, special("sep"));
}

}  // namespace finemix
