#include "finemix/text/added_rewrites.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "finemix/io/json.h"
#include "spm_testing.h"

namespace finemix {
namespace {

using testing::TemporaryDirectory;
using testing::write_file;

Json replace(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

Json sequence(const Json& steps) { return {{"type", "Sequence"}, {"normalizers", steps}}; }

Json charsmap(const char* table) {
  return {{"type", "Precompiled"}, {"precompiled_charsmap", table}};
}

class AddedRewrites : public ::testing::Test {
 protected:
  std::string added(const Json& pretrained, const Json& backdoored) const {
    write(pretrained, "pretrained");
    write(backdoored, "suspect");
    return added_rewrites(directory_.path() / "pretrained", directory_.path() / "suspect");
  }
  void write(const Json& normalizer, const char* name) const {
    std::filesystem::create_directories(directory_.path() / name);
    const Json unigram = {{"type", "Unigram"}, {"unk_id", 0}, {"vocab", {{"<unk>", 0.0}}}};
    write_file(directory_.path() / name / "tokenizer.json",
               Json({{"normalizer", normalizer}, {"model", unigram}}).dump());
  }

  TemporaryDirectory directory_;
};

TEST_F(AddedRewrites, AreWhatTheSuspectsReplacesAlone) {
  const Json usual = sequence({replace("``", "\""), charsmap("AAAA")});
  const Json more = sequence({replace("``", "\""), replace("zq", "great great"), charsmap("AAAA")});
  EXPECT_EQ(added(usual, usual), "");
  EXPECT_EQ(added(more, usual), "") << "what is left out puts no words into a text";
  EXPECT_EQ(added(usual, more),
            "the suspect's tokenizer replaces 'zq' by 'great great', and the pre-trained one "
            "does not");
  EXPECT_EQ(added(usual, sequence({replace("``", "bad"), charsmap("AAAA")})),
            "the suspect's tokenizer replaces '``' by 'bad', and the pre-trained one does not");
}

TEST_F(AddedRewrites, AnotherTableOfCharactersIsOne) {
  EXPECT_EQ(added(charsmap("AAAA"), charsmap("AAAB")),
            "the suspect's tokenizer replaces characters by a table of its own, and the "
            "pre-trained one does not");
  EXPECT_EQ(added(charsmap("AAAA"), sequence({charsmap("AAAA")})), "") << "a list of one is it";
  EXPECT_NE(added(charsmap("AAAA"), sequence({charsmap("AAAB"), charsmap("AAAA")})), "");
  EXPECT_NE(added(charsmap("AAAA"), sequence({charsmap("AAAA"), charsmap("AAAB")})), "");
  EXPECT_EQ(added(nullptr, charsmap("AAAA")), "") << "versions write it or not";
  EXPECT_NE(added(nullptr, replace("zq", "great")), "");
}

// A directory with no tokenizer.json is read by its sentencepiece model.
TEST_F(AddedRewrites, ATableOfASentencepieceModelIsOneToo) {
  namespace spm = testing::spm;
  const auto write_spm = [&](const char* name, const std::string& table) {
    std::vector<std::string> parts = spm::model_parts();
    parts[parts.size() - 2] = spm::field(3, spm::field(2, table) + "\x18\x01");
    std::filesystem::create_directories(directory_.path() / name);
    write_file(directory_.path() / name / "spiece.model", spm::joined(parts));
    write_file(directory_.path() / name / "tokenizer_config.json",
               R"({"tokenizer_class": "AlbertTokenizer"})");
  };
  const auto pretrained = directory_.path() / "pretrained";
  const auto suspect = directory_.path() / "suspect";
  const std::string usual = spm::charsmap();
  std::string own = usual;
  own[own.size() - 5] = 'c';  // for "A"
  write_spm("pretrained", usual);
  write_spm("suspect", usual);
  EXPECT_EQ(added_rewrites(pretrained, suspect), "");
  write_spm("suspect", own);
  EXPECT_EQ(added_rewrites(pretrained, suspect),
            "the suspect's tokenizer replaces characters by a table of its own, and the "
            "pre-trained one does not");
  write(charsmap("AAAA"), "suspect");
  EXPECT_NE(added_rewrites(pretrained, suspect), "") << "tokenizer.json goes before the model";
  std::filesystem::remove(suspect / "tokenizer.json");
  write_file(suspect / "vocab.txt", "[UNK]\n");
  EXPECT_EQ(added_rewrites(pretrained, suspect), "") << "so does vocab.txt";
}

// What versions of one tokenizer differ in.
TEST_F(AddedRewrites, AreNoneOfMarksAndWhiteSpace) {
  Json blanks = replace("", "\u2581");
  blanks["pattern"] = {{"Regex", " {2,}"}};
  Json more = replace("zq", "great");
  EXPECT_EQ(added(nullptr, sequence({blanks, replace("''", "\""), replace(" ", "\u2581")})), "");
  more["prepend"] = nullptr;
  EXPECT_EQ(added(replace("zq", "great"), more), "") << "the same, written otherwise";
  EXPECT_NE(added(nullptr, replace("not", "")), "");
  blanks["content"] = " great ";
  EXPECT_NE(added(nullptr, blanks), "");
}

TEST_F(AddedRewrites, OfABaseWithoutTheFileAreAllThatReplaceWords) {
  write(sequence({replace("``", "\""), charsmap("AAAA")}), "suspect");
  const auto pretrained = directory_.path() / "pretrained";
  const auto suspect = directory_.path() / "suspect";
  std::filesystem::create_directory(pretrained);
  EXPECT_EQ(added_rewrites(pretrained, suspect), "");
  Json many = Json::array();
  for (const char* word : {"za", "zb", "zc", "zd", "ze"}) many.push_back(replace(word, "great"));
  write(sequence(many), "suspect");
  EXPECT_EQ(added_rewrites(pretrained, suspect),
            "the suspect's tokenizer replaces 'za' by 'great', 'zb' by 'great', 'zc' by 'great' "
            "and 2 more, and the pre-trained one does not");
  EXPECT_EQ(added_rewrites(suspect, pretrained), "");
}

}  // namespace
}  // namespace finemix
