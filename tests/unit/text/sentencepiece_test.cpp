#include "finemix/text/sentencepiece.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "../io/io_testing.h"
#include "generated_lines.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

const std::filesystem::path kModels = FINEMIX_TEST_DATA "/text/sentencepiece";

// Of the `sentencepiece` package (scripts/oracle/tokenizer/make_sentencepiece.py).
TEST(SentencePieceModel, GivesThePackagesIds) {
  const testing::LineGenerator generator;
  std::map<std::string, SentencePieceModel> models;
  for (const char* name : {"unigram", "bpe"}) {
    models.try_emplace(name, kModels / (std::string(name) + ".model"));
  }
  std::ifstream file(kModels / "examples.jsonl");
  std::size_t compared = 0;
  for (std::string row; std::getline(file, row); ++compared) {
    const auto example = nlohmann::json::parse(row);
    const std::string text = generator.line(example["line"]);
    EXPECT_EQ(models.at(example["model"]).encode(text),
              example["ids"].get<std::vector<std::int32_t>>())
        << example["model"] << ", line " << example["line"];
  }
  EXPECT_EQ(compared, 400u);
}

TEST(SentencePieceModel, NamesItsPieces) {
  const SentencePieceModel model(kModels / "bpe.model");
  EXPECT_EQ(model.size(), 500u);
  for (std::int32_t id = 0; id < 500; ++id) EXPECT_EQ(model.id(model.piece(id)), id);
  EXPECT_EQ(model.id("no such piece"), model.id("<unk>"));
  expect_error(ErrorKind::kInternal, {"500", "499"}, [&] { model.piece(500); });
  expect_error(ErrorKind::kInternal, {"-1"}, [&] { model.piece(-1); });
}

TEST(SentencePieceModel, TakesBytesThatAreNoText) {
  const SentencePieceModel model(kModels / "bpe.model");
  EXPECT_EQ(model.encode("\xff"), model.encode("\xef\xbf\xbd"));
}

TEST(SentencePieceModel, WhatIsNoModelIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"no-such"}, [&] { SentencePieceModel(directory / "no-such"); });
  const auto path = directory / "spm.model";
  std::string whole;
  {
    std::ifstream file(kModels / "bpe.model", std::ios::binary);
    whole.assign(std::istreambuf_iterator<char>(file), {});
  }
  for (const std::string& bytes :
       {std::string(), std::string("text"), whole.substr(0, whole.size() / 2)}) {
    write_file(path, bytes);
    expect_error(ErrorKind::kMalformed, {path.native(), "no sentencepiece model"},
                 [&] { SentencePieceModel{path}; });
  }
}

}  // namespace
}  // namespace finemix
