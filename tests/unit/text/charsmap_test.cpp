#include "finemix/text/charsmap.h"

#include <gtest/gtest.h>

#include <string>

#include "../io/io_testing.h"
#include "finemix/text/spm_model.h"

namespace finemix {
namespace {

using testing::expect_error;

std::string normalized(const Charsmap& map, std::string_view text) {
  std::string out = "before ";
  map.normalize(text, out);
  EXPECT_TRUE(out.starts_with("before "));
  return out.substr(7);
}

Charsmap charsmap_of(const char* name) {
  return {read_spm_model(std::string(FINEMIX_TEST_DATA "/text/spm/") + name).charsmap, name};
}

TEST(Charsmap, WithoutATableReplacesNothing) {
  EXPECT_TRUE(Charsmap().empty());
  EXPECT_EQ(normalized(Charsmap(), "\u2460\u0301"), "\u2460\u0301");
}

// What `tokenizers` 0.23.3 answers; the sentencepiece library keeps the accent of the second.
TEST(Charsmap, AClusterOfLessThanSixBytesBecomesTheReplacementOfItsBeginning) {
  const Charsmap map = charsmap_of("xlmr/sentencepiece.bpe.model");
  EXPECT_EQ(normalized(map, "\u2460"), "1");
  EXPECT_EQ(normalized(map, "\u2460\u0301"), "1");
  EXPECT_EQ(normalized(map, "\u2460\u0301\u0301"), "1\u0301\u0301");
  EXPECT_EQ(normalized(map, "a\r\nb\tc"), "a b c");
  EXPECT_EQ(normalized(map, "e\u0301"), "\u00e9");
  EXPECT_EQ(normalized(map, "e\u0301\u0301\u0301"), "e\u0301\u0301\u0301");
  EXPECT_EQ(normalized(map, "\ufb01 \u1100\u1161"), "fi \u1100\u1161");
}

// The rules are those of make_spm_families.py.
TEST(Charsmap, FollowsRulesOfItsOwn) {
  const Charsmap map = charsmap_of("camembert/sentencepiece.bpe.model");
  EXPECT_EQ(normalized(map, "A\u0301b\u00df\u200b\u2026"), "\u00e1bss...");
  EXPECT_EQ(normalized(map, "\u2026\u0301"), "...");  // the shortest key, not the longest
  EXPECT_EQ(normalized(map, "\U0001F642A"), ":)A");
  EXPECT_EQ(map.longest(), 3u);
}

TEST(Charsmap, NamesTheFileThatIsBroken) {
  expect_error(ErrorKind::kMalformed, {"some.model", "precompiled_charsmap", "3 bytes"},
               [] { Charsmap("abc", "some.model"); });
}

}  // namespace
}  // namespace finemix
