#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/bytes.h"

namespace finemix {

// Keys keep the order in which they were written.
using Json = nlohmann::ordered_json;

// Parses one JSON text from an untrusted source. `object` names it in errors ("config.json").
// Throws kMalformed on anything but strict JSON: bad UTF-8, comments, trailing bytes, duplicate
// keys (also "a" beside "\u0061"), NaN, numbers beyond a double, tokens over 4 MiB, or nesting
// deeper than `max_depth`; and where the document would take over 50 MB of memory: over 200 MB
// where the text has over 16 MiB, as the tokenizer.json of the largest vocabularies. An integer
// beyond 64 bits becomes a double: tokenizers write 1e30 so.
Json parse_json(std::string_view text, std::string_view object, std::size_t max_depth = 64);

// read_text_file + parse_json.
constexpr std::uint64_t kMaxJsonBytes = 64u << 20;
Json read_json_file(const std::filesystem::path& path, std::uint64_t limit = kMaxJsonBytes,
                    Links links = Links::kFollow);

// As it is written to a file: with a newline at the end, and in one line where `indent` is -1.
// Names of files and tokens may hold any bytes and JSON may not: what is no UTF-8 becomes U+FFFD.
std::string json_text(const Json& json, int indent = 2);

// Fields of an object, checked: each throws kMalformed naming `object`, the key, what was found and
// what was expected. The *_or forms give `fallback` when the key is absent or null.
std::int64_t json_integer(const Json& json, std::string_view key, std::int64_t low,
                          std::int64_t high, std::string_view object);
std::int64_t json_integer_or(const Json& json, std::string_view key, std::int64_t fallback,
                             std::int64_t low, std::int64_t high, std::string_view object);
double json_number_or(const Json& json, std::string_view key, double fallback, double low,
                      double high, std::string_view object);
std::string json_string_or(const Json& json, std::string_view key, std::string_view fallback,
                           std::string_view object);
bool json_boolean_or(const Json& json, std::string_view key, bool fallback,
                     std::string_view object);

}  // namespace finemix
