#include "finemix/text/spm_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::read_file;
using PieceType = SpmModel::PieceType;

const std::filesystem::path kModels = FINEMIX_TEST_DATA "/text/spm";

// Expected: what the protobuf package reads of the same files.
TEST(SpmModel, ReadsAUnigramModel) {
  const SpmModel model = read_spm_model(kModels / "albert" / "spiece.model");
  EXPECT_EQ(model.algorithm, SpmModel::Algorithm::kUnigram);
  EXPECT_FALSE(model.byte_fallback);
  EXPECT_EQ(model.unknown_id, 1);
  EXPECT_EQ(model.charsmap.size(), 240'007u);
  ASSERT_EQ(model.pieces.size(), 1000u);
  EXPECT_EQ(model.pieces[1], (SpmModel::Piece{"<unk>", 0, PieceType::kUnknown}));
  EXPECT_EQ(model.pieces[2], (SpmModel::Piece{"[CLS]", 0, PieceType::kControl}));
  EXPECT_EQ(model.pieces[7], (SpmModel::Piece{"\u00a3", 0, PieceType::kUserDefined}));
  EXPECT_EQ(model.pieces[9], (SpmModel::Piece{"s", -3.1361114978790283F, PieceType::kNormal}));
  EXPECT_EQ(model.pieces[999].text, "\u10d0");
}

TEST(SpmModel, LinkToAFileOfAnotherNameIsRefused) {
  const testing::TemporaryDirectory directory;
  std::filesystem::create_symlink(kModels / "albert" / "spiece.model", directory / "spm.model");
  expect_error(ErrorKind::kMalformed, {"spm.model' is a link, expected a regular file"},
               [&] { read_spm_model(directory / "spm.model"); });
}

TEST(SpmModel, ReadsABpeModelWithBytes) {
  const SpmModel model = read_spm_model(kModels / "xlmr_bpe" / "sentencepiece.bpe.model");
  EXPECT_EQ(model.algorithm, SpmModel::Algorithm::kBpe);
  EXPECT_TRUE(model.byte_fallback);
  EXPECT_EQ(model.unknown_id, 0);
  EXPECT_TRUE(model.charsmap.empty());
  EXPECT_EQ(std::ranges::count(model.pieces, PieceType::kByte, &SpmModel::Piece::type), 256);
  EXPECT_EQ(model.pieces[20], (SpmModel::Piece{"<0x11>", 0, PieceType::kByte}));
  EXPECT_EQ(model.pieces.back(), (SpmModel::Piece{"\U00010402", -740, PieceType::kNormal}));
}

TEST(SpmModel, SkipsFieldsThatItDoesNotKnow) {
  const std::string whole = read_file(kModels / "deberta" / "spm.model");
  // Fields 200 and 9 of the file: a text and a number.
  const SpmModel model = parse_spm_model("\xC2\x0C\x02hi\x48\x07" + whole, "test");
  EXPECT_EQ(model.pieces, parse_spm_model(whole, "test").pieces);
  EXPECT_EQ(model.unknown_id, 3);
}

TEST(SpmModel, NamesTheFileInErrors) {
  expect_error(ErrorKind::kFile, {"no-such.model"}, [] { read_spm_model("no-such.model"); });
  expect_error(ErrorKind::kMalformed, {"some.model", "empty"},
               [] { parse_spm_model("", "some.model"); });
}

TEST(SpmModel, MorePiecesThanAnyVocabularyHasAreRefused) {
  std::string file;
  for (int i = 0; i <= 1'000'000; ++i)
    file +=
        "\x0A\x03\x0A\x01"
        "a";
  expect_error(ErrorKind::kMalformed, {"test", "more than 1000000 pieces"},
               [&] { parse_spm_model(file, "test"); });
}

}  // namespace
}  // namespace finemix
