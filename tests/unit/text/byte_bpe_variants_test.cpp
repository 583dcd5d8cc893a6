// Byte-level BPE with other options than RoBERTa's, against the `tokenizers` package:
// scripts/oracle/tokenizer/make_byte_bpe_variants.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/io/json.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

TEST(ByteBpeVariants, GiveThePackagesIds) {
  std::ifstream file(FINEMIX_TEST_DATA "/text/byte_bpe/variants.jsonl");
  std::size_t encodings = 0;
  for (std::string line; std::getline(file, line);) {
    const Json json = parse_json(line, "variants.jsonl");
    const testing::TemporaryDirectory directory;
    testing::write_file(directory / "tokenizer.json", json_text(json["tokenizer"]));
    const auto tokenizer = load_tokenizer(directory.path());
    for (const Json& expected : json["expected"]) {
      const auto texts = expected["texts"].get<std::vector<std::string>>();
      Example example{texts[0], std::nullopt, -1};
      if (texts.size() == 2) example.text_b = texts[1];
      const Encoding found = tokenizer->encode(example, expected["max_length"]);
      EXPECT_EQ(found.ids, expected["ids"].get<std::vector<std::int32_t>>())
          << json["name"] << expected;
      EXPECT_EQ(found.type_ids, expected["type_ids"].get<std::vector<std::uint8_t>>())
          << json["name"] << expected;
      ++encodings;
    }
  }
  EXPECT_EQ(encodings, 450u);
}

}  // namespace
}  // namespace finemix
