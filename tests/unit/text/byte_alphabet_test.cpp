#include "text/byte_alphabet.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace finemix {
namespace {

TEST(ByteAlphabet, PrintableBytesStandForThemselvesAndOthersForWhatFollowsLatin1) {
  EXPECT_EQ(byte_character('a'), "a");
  EXPECT_EQ(byte_character(0xE9), "é");
  EXPECT_EQ(byte_character(' '), "Ġ");
  EXPECT_EQ(byte_character('\n'), "Ċ");
  EXPECT_EQ(byte_character(0), "Ā");
  EXPECT_EQ(byte_character(0xAD), "Ń");  // the last one
}

TEST(ByteAlphabet, EachByteHasACharacterOfItsOwnAndIsFoundByIt) {
  std::set<std::string> characters;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string character = byte_character(static_cast<unsigned char>(byte));
    EXPECT_TRUE(characters.insert(character).second) << byte;
    EXPECT_EQ(bytes_of_token(character), std::string(1, static_cast<char>(byte)));
  }
}

TEST(ByteAlphabet, ATokenWithACharacterOfAnotherAlphabetStandsForNoBytes) {
  EXPECT_EQ(bytes_of_token("Ġthe"), " the");
  EXPECT_EQ(bytes_of_token("a b"), "");
  EXPECT_EQ(bytes_of_token("中"), "");
  EXPECT_EQ(bytes_of_token("\u0144"), "");  // behind the last one
  EXPECT_EQ(bytes_of_token(""), "");
}

}  // namespace
}  // namespace finemix
