#include "finemix/io/manifest.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/random.h"
#include "finemix/io/json.h"
#include "io_testing.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::names_in;
using testing::TemporaryDirectory;
using testing::write_file;

constexpr char kHashOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kHashOfNothing[] =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(Sha256File, IsTheHashOfTheBytes) {
  const TemporaryDirectory directory;
  EXPECT_EQ(sha256("abc"), kHashOfAbc);
  EXPECT_EQ(sha256_file(write_file(directory / "abc", "abc")), kHashOfAbc);
  EXPECT_EQ(sha256_file(write_file(directory / "empty", "")), kHashOfNothing);
  const std::string large(3'000'001, 'z');
  EXPECT_EQ(sha256_file(write_file(directory / "large", large)), sha256(large));
  expect_error(ErrorKind::kFile, {"absent"}, [&] { sha256_file(directory / "absent"); });
}

TEST(Sha256Files, IsWhatSha256sumSaysOfWhatSha256sumSays) {
  const TemporaryDirectory directory;
  const std::vector<fs::path> files = {write_file(directory / "b", ""),
                                       write_file(directory / "a", "abc")};
  EXPECT_EQ(sha256_files(directory.path(), files),
            sha256(std::string(kHashOfAbc) + "  a\n" + kHashOfNothing + "  b\n"));
}

TEST(Sha256Files, DependsOnNamesAndBytesButNotOnPlaceOrOrder) {
  const TemporaryDirectory one, other;
  const auto hash = [](const TemporaryDirectory& at, const std::string& name,
                       const std::string& text) {
    const std::vector<fs::path> files = {write_file(at / name, text), write_file(at / "z", "z")};
    const std::vector<fs::path> reversed = {files[1], files[0]};
    EXPECT_EQ(sha256_files(at.path(), files), sha256_files(at.path(), reversed));
    return sha256_files(at.path(), files);
  };
  EXPECT_EQ(hash(one, "a", "text"), hash(other, "a", "text"));
  EXPECT_NE(hash(one, "a", "text"), hash(one, "b", "text"));
  EXPECT_NE(hash(one, "a", "text"), hash(one, "a", "other"));
}

TEST(WriteManifest, ListsEveryFileBelowInNameOrder) {
  const TemporaryDirectory directory;
  write_file(directory / "model/weights", "abc");
  write_file(directory / "config.json", "");
  write_file(directory / "manifest.json", "an older one");
  write_manifest(directory.path());
  const Json manifest = read_json_file(directory / "manifest.json");
  EXPECT_EQ(manifest["schema"], "finemix.manifest/1");
  const Json expected = {{{"path", "config.json"}, {"bytes", 0}, {"sha256", kHashOfNothing}},
                         {{"path", "model/weights"}, {"bytes", 3}, {"sha256", kHashOfAbc}}};
  EXPECT_EQ(manifest["files"], expected);
  EXPECT_EQ(names_in(directory.path()),
            (std::vector<std::string>{"config.json", "manifest.json", "model"}));
}

TEST(WriteManifest, IsTheSameForTheSameFiles) {
  const TemporaryDirectory one, other;
  for (const TemporaryDirectory* at : {&one, &other}) {
    write_file(*at / "b", "2");
    write_file(*at / "a", "1");
    write_manifest(at->path());
  }
  EXPECT_EQ(testing::read_file(one / "manifest.json"), testing::read_file(other / "manifest.json"));
}

TEST(WriteManifest, LinksAreRefused) {
  const TemporaryDirectory directory;
  fs::create_symlink("/etc/hostname", directory / "link");
  expect_error(ErrorKind::kMalformed, {"link' is a link"},
               [&] { write_manifest(directory.path()); });
}

TEST(WriteManifest, MissingDirectoryIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"nowhere"}, [&] { write_manifest(directory / "nowhere"); });
}

std::vector<std::string> problems_of(const fs::path& directory) {
  std::vector<std::string> problems;
  for (const auto& problem : verify_manifest(directory).problems) {
    problems.push_back(problem.path + " " + problem.what);
  }
  return problems;
}

TEST(VerifyManifest, FindsWhatWasChangedTakenAwayAndAdded) {
  const TemporaryDirectory directory;
  write_file(directory / "config.json", "{}");
  write_file(directory / "model/weights", "abcdef");
  write_manifest(directory.path());
  const Verification whole = verify_manifest(directory.path());
  EXPECT_EQ(whole.files, 2u);
  EXPECT_EQ(whole.bytes, 8u);
  EXPECT_TRUE(whole.problems.empty());

  write_file(directory / "model/weights", "abcdeg");
  write_file(directory / "more", "");
  EXPECT_EQ(problems_of(directory.path()),
            (std::vector<std::string>{"model/weights has other bytes than when it was written",
                                      "more was not written by finemix"}));
  write_file(directory / "model/weights", "abc");
  fs::remove(directory / "more");
  fs::remove(directory / "config.json");
  EXPECT_EQ(problems_of(directory.path()),
            (std::vector<std::string>{"config.json is missing",
                                      "model/weights has 3 bytes, expected 6"}));
}

TEST(VerifyManifest, FollowsNoLinkAndNoPathOutside) {
  const TemporaryDirectory directory, outside;
  write_file(directory / "weights", "abc");
  write_file(outside / "secret", "abc");
  write_manifest(directory.path());
  fs::remove(directory / "weights");
  fs::create_symlink(outside / "secret", directory / "weights");
  const std::vector<std::string> found = problems_of(directory.path());
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("weights can't be read: ")) << found[0];

  fs::remove(directory / "weights");
  Json manifest = read_json_file(directory / "manifest.json");
  const std::string path = (outside / "secret").native();
  manifest["files"][0]["path"] = path;
  manifest.erase("sha256");
  manifest["sha256"] = sha256(json_text(manifest));
  write_file(directory / "manifest.json", json_text(manifest));
  EXPECT_EQ(problems_of(directory.path()), (std::vector<std::string>{path + " is missing"}));
}

TEST(VerifyManifest, RefusesWhatIsNoManifestOfOurs) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"manifest.json", "finemix wrote"},
               [&] { verify_manifest(directory.path()); });
  for (const std::string text :
       {"", "[]", R"({"schema": "finemix.manifest/1", "files": []})", R"({"files": 3})"}) {
    write_file(directory / "manifest.json", text);
    expect_error(ErrorKind::kMalformed, {"manifest.json"},
                 [&] { verify_manifest(directory.path()); });
  }
}

TEST(VerifyManifest, TellsHowTheFilesWereMade) {
  const TemporaryDirectory directory;
  write_file(directory / "config.json", "{}");
  const Json made = {{"command", "finemix mix --rho 0.25"}, {"config", {{"rho", 0.25}}}};
  write_manifest(directory.path(), made);
  EXPECT_EQ(read_json_file(directory / "manifest.json")["made"], made);
  EXPECT_EQ(verify_manifest(directory.path()).command, "finemix mix --rho 0.25");
  EXPECT_TRUE(verify_manifest(directory.path()).problems.empty());
  for (const Json& other : {Json(3), Json::array({1}), Json{{"command", 3}}}) {
    write_manifest(directory.path(), other);
    EXPECT_EQ(verify_manifest(directory.path()).command, "");
  }
}

// Of one bit anywhere in the files or in the manifest itself.
TEST(VerifyManifest, FindsTenThousandBitFlips) {
  const TemporaryDirectory directory;
  std::string weights;
  for (int i = 0; i < 3000; ++i) weights += static_cast<char>(i * i >> 3);
  write_file(directory / "config.json", R"({"model_type": "bert"})");
  write_file(directory / "model.safetensors", weights);
  write_manifest(directory.path(), {{"command", "finemix mix"}, {"config", {{"rho", 0.25}}}});
  const std::vector<std::string> names = {"config.json", "manifest.json", "model.safetensors"};
  RandomSequence random(7, "bit flips");
  for (int flip = 0; flip < 10'000; ++flip) {
    const fs::path path = directory / names[random.below(names.size())];
    const std::string before = testing::read_file(path);
    std::string after = before;
    const std::size_t bit = random.below(8 * before.size());
    after[bit / 8] = static_cast<char>(after[bit / 8] ^ (1 << bit % 8));
    write_file(path, after);
    try {
      EXPECT_FALSE(verify_manifest(directory.path()).problems.empty())
          << "bit " << bit << " of " << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    }
    write_file(path, before);
  }
  EXPECT_TRUE(verify_manifest(directory.path()).problems.empty());
}

}  // namespace
}  // namespace finemix
