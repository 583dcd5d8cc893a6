#include "finemix/io/json.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "cost_testing.h"
#include "io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

Json parse(std::string_view text) { return parse_json(text, "sample.json"); }

void expect_refused(std::string_view text, std::string_view fragment = "not valid JSON") {
  expect_error(ErrorKind::kMalformed, {"sample.json", fragment}, [&] { parse(text); });
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST(ParseJson, GivesTheDocument) {
  const Json json =
      parse(R"( {"z": [1, -2, 2.5, true, false, null], "a": {"text": "\u00e9\n", "empty": {}}} )");
  EXPECT_EQ(json.dump(), R"({"z":[1,-2,2.5,true,false,null],"a":{"text":"é\n","empty":{}}})");
  EXPECT_EQ(parse("3"), Json(3));
  EXPECT_EQ(parse("[]"), Json::array());
  EXPECT_EQ(parse("18446744073709551615"), Json(std::numeric_limits<std::uint64_t>::max()));
  EXPECT_EQ(parse("-9223372036854775808"), Json(std::numeric_limits<std::int64_t>::min()));
}

TEST(ParseJson, KeepsTheOrderOfKeys) {
  const Json json = parse(R"({"c":1,"a":2,"b":3})");
  std::string order;
  for (const auto& member : json.items()) order += member.key();
  EXPECT_EQ(order, "cab");
}

TEST(ParseJson, WhatIsNotJsonIsRefused) {
  for (const char* text : {"", " ", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "[01]", "[1.]",
                           "[.5]", "[+1]", "[0x10]", "nul", "[1 2]", "\"a\nb\"", "]", "[}"}) {
    expect_refused(text);
  }
}

TEST(ParseJson, CommentsAreRefused) {
  expect_refused("[1] // one");
  expect_refused("/* one */ [1]");
}

TEST(ParseJson, TrailingBytesAreRefused) {
  expect_refused("{} {}");
  expect_refused("{}x");
}

TEST(ParseJson, NulByteIsRefusedNotTakenForTheEnd) {
  expect_refused(std::string("{}\0garbage", 10), "NUL byte at offset 2");
  expect_refused(std::string("[\"a\0b\"]", 7), "NUL byte at offset 3");
  expect_refused(std::string("[\"\\\0\"]", 6));
}

TEST(ParseJson, ByteOrderMarkIsRefused) { expect_refused("\xEF\xBB\xBF{}", "byte order mark"); }

TEST(ParseJson, InvalidUtf8IsRefused) {
  for (const char* text : {"[\"\x80\"]", "[\"\xC0\xAF\"]", "[\"\xE0\x9F\xBF\"]",
                           "[\"\xED\xA0\x80\"]", "[\"\xF4\x90\x80\x80\"]", "[\"\xE2\x82\"]"}) {
    expect_refused(text);
  }
}

TEST(ParseJson, LoneSurrogatesAreRefused) {
  expect_refused(R"(["\ud800"])");
  expect_refused(R"(["\udc00"])");
  expect_refused(R"(["\ud800\u0041"])");
  EXPECT_EQ(parse(R"(["\ud83d\ude00"])").at(0), "\U0001F600");
}

TEST(ParseJson, DuplicateKeysAreRefusedAtEveryLevel) {
  expect_refused(R"({"a":1,"b":2,"a":1})", "key 'a' occurs twice");
  expect_refused(R"([{"x":{"a":1,"a":2}}])", "key 'a' occurs twice");
  EXPECT_NO_THROW(parse(R"({"a":{"a":1},"b":{"a":1}})"));
}

TEST(ParseJson, DuplicateKeysAreRefusedWhenOneIsEscaped) {
  expect_refused(R"({"a":1,"\u0061":2})", "key 'a' occurs twice");
  expect_refused(R"({"/":1,"\/":2})", "key '/' occurs twice");
}

TEST(ParseJson, NestingIsBounded) {
  EXPECT_NO_THROW(parse(nested(64)));
  expect_refused(nested(65), "nested deeper than 64 levels at offset 64");
  expect_refused(std::string(10'000'000, '['), "nested deeper than 64 levels");
  std::string objects;
  for (int i = 0; i < 65; ++i) objects += R"({"a":)";
  expect_refused(objects, "nested deeper than 64 levels");
  EXPECT_NO_THROW(parse_json(nested(3), "sample.json", 3));
  expect_error(ErrorKind::kMalformed, {"deeper than 3"},
               [] { parse_json(nested(4), "sample.json", 3); });
}

TEST(ParseJson, BracketsInStringsAreNotNesting) {
  EXPECT_NO_THROW(
      parse("[\"" + std::string(100, '[') + "\", \"\\\"" + std::string(100, '{') + "\"]"));
}

TEST(ParseJson, NumbersBeyondADoubleAreRefused) {
  expect_refused("[1e999]");
  expect_refused("[-1e999]");
  expect_refused("[NaN]");
  expect_refused("[Infinity]");
}

TEST(ParseJson, IntegerBeyond64BitsBecomesADouble) {
  // As tokenizer_config.json has it where no maximum length is known.
  const Json json = parse(R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_DOUBLE_EQ(json["model_max_length"].get<double>(), 1e30);
  expect_error(ErrorKind::kMalformed, {"model_max_length", "an integer from 0 to 10"},
               [&] { json_integer(json, "model_max_length", 0, 10, "sample.json"); });
}

TEST(ParseJson, TokensWithoutEndAreRefused) {
  const std::size_t too_long = (4 << 20) + 2;
  expect_refused("\"" + std::string(too_long, 'a') + "\"", "over 4194304 bytes");
  expect_refused("[" + std::string(too_long, '1') + "]", "over 4194304 bytes");
  expect_refused("[" + std::string(too_long, ' ') + "]", "over 4194304 bytes");
}

TEST(ParseJson, ErrorsCarryNoControlCharacters) {
  try {
    parse("{\"a\x1B[2J");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\x1B'), std::string::npos);
  }
  try {
    parse_json("{\"\\u001b\":1,\"\\u001b\":1}", "a\nb", 64);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("'\\x1B'"), std::string::npos) << message;
    EXPECT_EQ(message.find_first_of("\x1B\n"), std::string::npos);
  }
}

TEST(ParseJson, ManyKeysTakeLinearTime) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"key" + std::to_string(i) + "\":1,";
  text.back() = '}';
  const double start = testing::processor_seconds();
  EXPECT_EQ(parse(text).size(), 200'000u);
  // About 0.1 s; a search for each key would take minutes.
  EXPECT_LT(testing::processor_seconds() - start, 10);
}

TEST(ReadJsonFile, NamesTheFileInErrors) {
  const TemporaryDirectory directory;
  EXPECT_EQ(read_json_file(write_file(directory / "good.json", "[1]")), Json::parse("[1]"));
  write_file(directory / "bad.json", "[1");
  expect_error(ErrorKind::kMalformed, {"bad.json", "not valid JSON"},
               [&] { read_json_file(directory / "bad.json"); });
  expect_error(ErrorKind::kMalformed, {"bad.json", "2 bytes", "at most 1"},
               [&] { read_json_file(directory / "bad.json", 1); });
  expect_error(ErrorKind::kFile, {"missing.json"},
               [&] { read_json_file(directory / "missing.json"); });
}

class JsonFields : public ::testing::Test {
 protected:
  const Json json_ = parse(
      R"({"n": 5, "negative": -3, "huge": 18446744073709551615, "x": 0.5, "s": "text",
          "yes": true, "nothing": null, "list": [1]})");

  void expect_refused(std::string_view fragment, const std::function<void()>& action) {
    expect_error(ErrorKind::kMalformed, {"c.json", fragment}, action);
  }
};

TEST_F(JsonFields, IntegersInRangeAreGiven) {
  EXPECT_EQ(json_integer(json_, "n", 5, 5, "c.json"), 5);
  EXPECT_EQ(json_integer(json_, "negative", -3, 0, "c.json"), -3);
  EXPECT_EQ(json_integer_or(json_, "n", 9, 0, 5, "c.json"), 5);
  EXPECT_EQ(json_integer_or(json_, "absent", 9, 0, 5, "c.json"), 9);
  EXPECT_EQ(json_integer_or(json_, "nothing", 9, 0, 5, "c.json"), 9);
}

TEST_F(JsonFields, IntegersOutOfRangeAreRefused) {
  const std::string_view expected = "'n' is 5, expected an integer from 6 to 7";
  expect_refused(expected, [&] { json_integer(json_, "n", 6, 7, "c.json"); });
  expect_refused(expected, [&] { json_integer_or(json_, "n", 6, 6, 7, "c.json"); });
  expect_refused("'huge' is 18446744073709551615",
                 [&] { json_integer(json_, "huge", -1, INT64_MAX, "c.json"); });
  expect_refused("'negative' is -3", [&] { json_integer(json_, "negative", 0, 9, "c.json"); });
}

TEST_F(JsonFields, WhatIsNoIntegerIsRefused) {
  for (const char* key : {"x", "s", "yes", "list"}) {
    expect_refused(key, [&] { json_integer(json_, key, -10, 10, "c.json"); });
  }
  expect_refused("'absent' is missing", [&] { json_integer(json_, "absent", 0, 9, "c.json"); });
  expect_refused("'nothing' is missing", [&] { json_integer(json_, "nothing", 0, 9, "c.json"); });
}

TEST_F(JsonFields, NumbersAreCheckedAgainstTheirRange) {
  EXPECT_EQ(json_number_or(json_, "x", 1, 0, 1, "c.json"), 0.5);
  EXPECT_EQ(json_number_or(json_, "n", 1, 0, 9, "c.json"), 5.0);
  EXPECT_EQ(json_number_or(json_, "absent", 0.25, 0, 1, "c.json"), 0.25);
  expect_refused("'x' is 0.5, expected a number from 0.6 to 1.0",
                 [&] { json_number_or(json_, "x", 1, 0.6, 1, "c.json"); });
  expect_refused("'s' is \"text\"", [&] { json_number_or(json_, "s", 1, 0, 1, "c.json"); });
}

TEST_F(JsonFields, StringsAndBooleansAreCheckedForTheirType) {
  EXPECT_EQ(json_string_or(json_, "s", "f", "c.json"), "text");
  EXPECT_EQ(json_string_or(json_, "absent", "f", "c.json"), "f");
  EXPECT_TRUE(json_boolean_or(json_, "yes", false, "c.json"));
  EXPECT_TRUE(json_boolean_or(json_, "absent", true, "c.json"));
  expect_refused("'n' is 5, expected a string", [&] { json_string_or(json_, "n", "f", "c.json"); });
  expect_refused("'list' is an array, expected true or false",
                 [&] { json_boolean_or(json_, "list", true, "c.json"); });
}

TEST_F(JsonFields, WhatIsNoObjectHasNoFields) {
  expect_refused("is array, expected an object with key 'n'",
                 [&] { json_integer(json_["list"], "n", 0, 9, "c.json"); });
}

}  // namespace
}  // namespace finemix
