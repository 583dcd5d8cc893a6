#include "finemix/io/sha256.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace finemix {
namespace {

class Sha256Test : public ::testing::TestWithParam<Sha256::Engine> {
 protected:
  static std::string hash(std::string_view text) {
    Sha256 sha(GetParam());
    sha.update(std::as_bytes(std::span(text)));
    return sha.finish();
  }
};

INSTANTIATE_TEST_SUITE_P(Engines, Sha256Test,
                         ::testing::Values(Sha256::Engine::kFastest, Sha256::Engine::kPortable),
                         [](const auto& engine) {
                           return engine.param == Sha256::Engine::kFastest ? "Fastest" : "Portable";
                         });

// The examples of FIPS 180-4's companion page, of one block, two blocks and 10^6 bytes, and the
// empty message of the CAVP byte-oriented test vectors.
TEST_P(Sha256Test, KnownAnswers) {
  EXPECT_EQ(hash(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                 "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(hash(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_P(Sha256Test, PiecesOfAnySizeGiveTheHashOfTheWhole) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += static_cast<char>(i * 7);
  const auto bytes = std::as_bytes(std::span(text));
  const std::string whole = hash(text);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    Sha256 sha(GetParam());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      sha.update(bytes.subspan(at, std::min(piece, text.size() - at)));
    }
    ASSERT_EQ(sha.finish(), whole) << piece;
  }
}

TEST(Sha256, EnginesAgreeAtEveryLength) {
  const std::string text(200, '\x5A');
  for (std::size_t length = 0; length <= text.size(); ++length) {
    Sha256 fastest(Sha256::Engine::kFastest);
    Sha256 portable(Sha256::Engine::kPortable);
    fastest.update(std::as_bytes(std::span(text).first(length)));
    portable.update(std::as_bytes(std::span(text).first(length)));
    ASSERT_EQ(fastest.finish(), portable.finish()) << length;
  }
}

}  // namespace
}  // namespace finemix
