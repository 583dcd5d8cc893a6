#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/io/json.h"

namespace finemix {

// What a strict parser tells of a text, piece by piece. A handler throws to refuse one.
class JsonHandler : public nlohmann::json_sax<Json> {
 public:
  explicit JsonHandler(std::string_view object) : object_(object) {}

  bool binary(binary_t&) final { return false; }  // JSON text has none
  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception& error) final;

 protected:
  std::string_view object() const { return object_; }

 private:
  std::string_view object_;  // names the text in errors
};

// Runs `handler` over one strict JSON text. The callers of parse_json get what it says of depth,
// UTF-8, trailing bytes and numbers from here; duplicate keys are the handler's to refuse.
void parse_json_text(std::string_view text, std::string_view object, std::size_t max_depth,
                     JsonHandler& handler);

}  // namespace finemix
