#include "finemix/io/manifest.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

}  // namespace
}  // namespace finemix
