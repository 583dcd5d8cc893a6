#include <utility>

#include "../unit/io/hostile_testing.h"
#include "cli_test.h"

namespace finemix {
namespace {

const std::filesystem::path kHostile = FINEMIX_SOURCE_DIR "/tests/hostile";

// What the program says of every file of tests/hostile, as a user meets it: in a model directory.
class Hostile : public CliTest {
 protected:
  // `place` makes the directory `suspect` with the file or directory that it is given.
  template <typename Place>
  void expect_refused(const std::string& folder, const std::vector<std::string>& command,
                      const Place& place) {
    for (const auto& [file, row] :
         testing::read_hostile_table(kHostile / folder / "expected.tsv")) {
      SCOPED_TRACE(file);
      std::filesystem::remove_all(path("suspect"));
      place(kHostile / folder / file);
      const std::set<std::string> before = listing();
      const Outcome outcome = run(command);
      EXPECT_EQ(outcome.exit_code, testing::exit_code(row.kind)) << outcome.err;
      EXPECT_CONTAINS(outcome.err, "finemix " + command[0] + ": error: ");
      EXPECT_CONTAINS(outcome.err, row.message);
      EXPECT_EQ(outcome.out, "");
      EXPECT_EQ(listing(), before);
    }
  }

  // A file of `folder` in the place of one of a model's files.
  void expect_file_refused(const std::string& folder, const std::vector<std::string>& command,
                           const std::string& name) {
    expect_refused(folder, command, [&](const std::filesystem::path& file) {
      std::filesystem::create_directory(path("suspect"));
      write_file(path("suspect/config.json"), R"({"model_type": "albert"})");
      std::filesystem::copy_file(file, path("suspect") / name);
    });
  }

  void expect_directory_refused(const std::string& folder,
                                const std::vector<std::string>& command) {
    expect_refused(folder, command, [&](const std::filesystem::path& directory) {
      std::filesystem::copy(
          directory, path("suspect"),
          std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
    });
  }

  static std::vector<std::string> inspect() { return {"inspect", "suspect"}; }
  static std::vector<std::string> tokenize() {
    return {"tokenize", "--model", "suspect", "--data", "test.tsv"};
  }
};

TEST_F(Hostile, TorchZip) { expect_file_refused("torch_zip", inspect(), "pytorch_model.bin"); }
TEST_F(Hostile, Safetensors) { expect_file_refused("safetensors", inspect(), "model.safetensors"); }
TEST_F(Hostile, Json) { expect_file_refused("json", inspect(), "model.safetensors.index.json"); }
TEST_F(Hostile, Spm) { expect_file_refused("spm", tokenize(), "spiece.model"); }
TEST_F(Hostile, Index) { expect_directory_refused("index", inspect()); }
TEST_F(Hostile, Tokenizer) { expect_directory_refused("tokenizer", tokenize()); }
TEST_F(Hostile, UnigramJson) { expect_directory_refused("unigram_json", tokenize()); }
TEST_F(Hostile, SpmFamily) { expect_directory_refused("spm_family", tokenize()); }

}  // namespace
}  // namespace finemix
