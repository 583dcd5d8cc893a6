#include "finemix/text/added_rewrites.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "finemix/io/json.h"

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
  EXPECT_NE(added(nullptr, replace("zq", "great")), "");
}

TEST_F(AddedRewrites, CannotBeToldOfOtherFiles) {
  write(replace("zq", "great"), "suspect");
  std::filesystem::create_directory(directory_.path() / "pretrained");
  EXPECT_EQ(added_rewrites(directory_.path() / "pretrained", directory_.path() / "suspect"), "");
}

}  // namespace
}  // namespace finemix
