// Every flipped bit of an output is found. FINEMIX_FLIPS is how many are tried, over all files.
#include <algorithm>
#include <map>
#include <random>

#include "cli_test.h"
#include "finemix/core/error.h"
#include "finemix/io/manifest.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;

class BitFlips : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    const Outcome outcome =
        run({"purify",      "--pretrained", "bert",     "--backdoored", "bert",  "--clean-data",
             "clean.tsv",   "--test-data",  "test.tsv", "--trigger",    "sleep", "--method",
             "fine-mixing", "--rho",        "0.5",      "--epochs",     "1",     "--max-length",
             "16",          "--output",     "out"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const auto& entry : fs::recursive_directory_iterator(path("out"))) {
      files_.push_back(entry.path());
    }
    std::ranges::sort(files_);
    ASSERT_GE(files_.size(), 7u);  // weights, config, two of the tokenizer, reports, manifest
  }

  // Flips a bit for as long as it is there.
  class Flip {
   public:
    Flip(const fs::path& path, std::mt19937& random)
        : path_(path), text_(read_file(path)), at_(random() % text_.size()), bit_(random() % 8) {
      put(static_cast<char>(text_[at_] ^ (1 << bit_)));
    }
    ~Flip() { put(text_[at_]); }
    Flip(const Flip&) = delete;
    Flip& operator=(const Flip&) = delete;

    std::string name() const {
      return path_.filename().native() + ", bit " + std::to_string(bit_) + " of byte " +
             std::to_string(at_);
    }

   private:
    void put(char byte) const {
      std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(static_cast<std::streamoff>(at_));
      file.put(byte);
    }

    fs::path path_;
    std::string text_;
    std::size_t at_;
    unsigned bit_;
  };

  // Whether it is this file that is found. Of a manifest that can still be read, what it now says
  // wrong of another is.
  static bool is_found(const fs::path& directory, const std::string& name) {
    try {
      const Verification found = verify_manifest(directory);
      if (name == "manifest.json") return !found.problems.empty();
      return found.problems.size() == 1 && found.problems.front().path == name;
    } catch (const Error& error) {
      return name == "manifest.json" && error.kind() == ErrorKind::kMalformed;
    }
  }

  std::vector<fs::path> files_;
  std::mt19937 random_{7};
};

TEST_F(BitFlips, AreAllFound) {
  const int flips = number_from_environment("FINEMIX_FLIPS", 10'000);
  std::map<std::string, int> found;
  for (int i = 0; i < flips; ++i) {
    const fs::path& file = files_[static_cast<std::size_t>(i) % files_.size()];
    const Flip flip(file, random_);
    const std::string name = file.filename();
    ASSERT_TRUE(is_found(path("out"), name)) << flip.name();
    ++found[name];
  }
  for (const auto& [name, count] : found) std::printf("%s: %d found\n", name.c_str(), count);
  EXPECT_TRUE(verify_manifest(path("out")).problems.empty());
}

TEST_F(BitFlips, AreAFindingOfTheProgram) {
  for (const fs::path& file : files_) {
    const Flip flip(file, random_);
    const Outcome outcome = run({"verify", "out"});
    if (file.filename() == "manifest.json") {
      EXPECT_TRUE(outcome.exit_code == 1 || outcome.exit_code == 4) << flip.name();
      continue;
    }
    EXPECT_EQ(outcome.exit_code, 1) << flip.name();
    EXPECT_CONTAINS(outcome.out, file.filename().native());
  }
  EXPECT_EQ(run({"verify", "out"}).exit_code, 0);
}

}  // namespace
}  // namespace finemix
