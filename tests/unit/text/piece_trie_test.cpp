#include "finemix/text/piece_trie.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "finemix/core/random.h"

namespace finemix {
namespace {

using namespace std::string_literals;

TEST(PieceTrie, FindsExactlyItsKeys) {
  const std::vector<std::string> keys = {"b", "ab", "abc", "é", "a\0c"s, "\xFF\xFF"};
  const PieceTrie trie(keys);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(trie.find(keys[i]), static_cast<std::int32_t>(i));
  }
  for (const std::string& other : {""s, "a"s, "abcd"s, "c"s, "\xC3"s, "\0"s, "\xFF"s}) {
    EXPECT_EQ(trie.find(other), -1) << other;
  }
}

TEST(PieceTrie, GivesTheLongestBeginning) {
  const std::vector<std::string> keys = {"a", "abc", "b"};
  const PieceTrie trie(keys);
  EXPECT_EQ(trie.longest("abcd").value, 1);
  EXPECT_EQ(trie.longest("abcd").length, 3u);
  EXPECT_EQ(trie.longest("abd").value, 0);
  EXPECT_EQ(trie.longest("abd").length, 1u);
  EXPECT_EQ(trie.longest("c").value, -1);
  EXPECT_EQ(trie.longest("").value, -1);
}

TEST(PieceTrie, IsWalkedByteByByte) {
  const std::vector<std::string> keys = {"ab", "a\xFF"};
  const PieceTrie trie(keys);
  const PieceTrie::Node a = trie.child(PieceTrie::kRoot, 'a');
  ASSERT_LT(a, trie.node_limit());
  EXPECT_EQ(trie.value(a), -1);
  EXPECT_EQ(trie.value(trie.child(a, 'b')), 0);
  EXPECT_EQ(trie.value(trie.child(a, '\xFF')), 1);
  EXPECT_EQ(trie.child(a, 'c'), PieceTrie::kNowhere);
}

TEST(PieceTrie, WithoutKeysFindsNothing) {
  const PieceTrie trie(std::vector<std::string>{});
  EXPECT_EQ(trie.find(""), -1);
  EXPECT_EQ(trie.longest("\0a"s).value, -1);
}

TEST(PieceTrie, AgreesWithAHashMapOnRandomKeys) {
  RandomSequence random(1, "trie");
  std::unordered_map<std::string, std::int32_t> expected;
  std::vector<std::string> keys;
  const auto draw = [&] {
    std::string key;
    for (std::uint64_t length = 1 + random.below(6); length > 0; --length) {
      key += static_cast<char>(random.below(2) ? 'a' + random.below(4) : random.below(256));
    }
    return key;
  };
  while (keys.size() < 20'000) {
    const std::string key = draw();
    if (expected.emplace(key, static_cast<std::int32_t>(keys.size())).second) keys.push_back(key);
  }
  const PieceTrie trie(keys);
  for (int i = 0; i < 40'000; ++i) {
    const std::string text = draw();
    const auto known = expected.find(text);
    ASSERT_EQ(trie.find(text), known == expected.end() ? -1 : known->second);
    PieceTrie::Match longest;
    for (std::size_t length = 1; length <= text.size(); ++length) {
      const auto beginning = expected.find(text.substr(0, length));
      if (beginning != expected.end()) longest = {beginning->second, length};
    }
    const PieceTrie::Match found = trie.longest(text);
    ASSERT_EQ(found.value, longest.value);
    ASSERT_EQ(found.length, longest.length);
  }
}

}  // namespace
}  // namespace finemix
