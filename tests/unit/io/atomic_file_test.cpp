#include "finemix/io/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "finemix/io/manifest.h"
#include "finemix/io/safetensors.h"
#include "io_testing.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::names_in;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;
using Names = std::vector<std::string>;

constexpr std::uint64_t kMoreThanAnyDisk = std::uint64_t{1} << 60;

TEST(AtomicFile, AppearsOnlyOnCommit) {
  const TemporaryDirectory directory;
  AtomicFile file(directory / "out", false);
  file.write("one ");
  file.write("two");
  EXPECT_FALSE(fs::exists(directory / "out"));
  file.commit();
  EXPECT_EQ(read_file(directory / "out"), "one two");
}

TEST(AtomicFile, CommitLeavesNothingElse) {
  const TemporaryDirectory directory;
  { AtomicFile(directory / "out", false).commit(); }
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicFile, WithoutCommitNothingIsLeft) {
  const TemporaryDirectory directory;
  {
    AtomicFile file(directory / "out", false);
    file.write(std::string(1 << 20, 'x'));
  }
  EXPECT_EQ(names_in(directory.path()), Names{});
}

TEST(AtomicFile, ManySmallAndLargeWritesKeepTheirOrder) {
  const TemporaryDirectory directory;
  std::string expected;
  AtomicFile file(directory / "out", false);
  for (int i = 0; i < 400; ++i) {
    const std::string piece(i % 7 == 0 ? 100'000 : i, static_cast<char>('a' + i % 26));
    file.write(piece);
    expected += piece;
  }
  file.commit();
  EXPECT_EQ(read_file(directory / "out"), expected);
}

TEST(AtomicFile, ExistingFileIsKeptUnlessOverwritten) {
  const TemporaryDirectory directory;
  write_file(directory / "out", "old");
  expect_error(ErrorKind::kUsage, {"out' exists (a regular file)", "--overwrite"},
               [&] { AtomicFile(directory / "out", false); });
  {
    AtomicFile file(directory / "out", true);
    file.write("new");
    EXPECT_EQ(read_file(directory / "out"), "old");
    file.commit();
  }
  EXPECT_EQ(read_file(directory / "out"), "new");
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicFile, OnlyARegularFileIsReplaced) {
  const TemporaryDirectory directory;
  fs::create_directory(directory / "directory");
  write_file(directory / "target", "precious");
  fs::create_symlink("target", directory / "link");
  ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
  expect_error(ErrorKind::kUsage, {"exists (a directory)", "only a regular file can be replaced"},
               [&] { AtomicFile(directory / "directory", true); });
  expect_error(ErrorKind::kUsage, {"exists (a link)"},
               [&] { AtomicFile(directory / "link", true); });
  expect_error(ErrorKind::kUsage, {"exists (a FIFO)"},
               [&] { AtomicFile(directory / "fifo", true); });
  EXPECT_EQ(read_file(directory / "target"), "precious");
}

TEST(AtomicFile, NewFilesArePermittedAsTheUserAsked) {
  const TemporaryDirectory directory;
  const mode_t old_mask = umask(027);
  AtomicFile(directory / "out", false).commit();
  umask(old_mask);
  EXPECT_EQ(fs::status(directory / "out").permissions(), fs::perms(0640));
}

TEST(AtomicFile, MissingDirectoryIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"there is no directory", "nowhere", "create it first"},
               [&] { AtomicFile(directory / "nowhere/out", false); });
}

TEST(AtomicFile, DirectoryThatIsNotWritableIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "skipped: the administrator can write everywhere";
  const TemporaryDirectory directory;
  chmod(directory.path().c_str(), 0500);
  expect_error(ErrorKind::kFile, {"permissions"}, [&] { AtomicFile(directory / "out", false); });
}

TEST(AtomicFile, PathWithoutANameIsRefused) {
  for (const char* path : {"", ".", "..", "/", "/tmp/.", "/tmp/.."}) {
    expect_error(ErrorKind::kUsage, {"has no name of its own"}, [&] { AtomicFile(path, true); });
  }
}

TEST(AtomicFile, TooLittleSpaceIsSeenBeforehand) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"needs 1152921504606846976 bytes", "left", "free some space"},
               [&] { AtomicFile(directory / "out", false, kMoreThanAnyDisk); });
  EXPECT_EQ(names_in(directory.path()), Names{});
}

TEST(AtomicFile, SecondWriterIsRefused) {
  const TemporaryDirectory directory;
  AtomicFile first(directory / "out", false);
  expect_error(ErrorKind::kFile, {"another process is writing", "out'", "wait"},
               [&] { AtomicFile(directory / "out", false); });
  expect_error(ErrorKind::kFile, {"another process is writing"},
               [&] { AtomicDirectory(directory / "out", false); });
  AtomicFile(directory / "other", false).commit();  // another output is not locked
  first.write("whole");
  first.commit();
  EXPECT_EQ(read_file(directory / "out"), "whole");
}

TEST(AtomicFile, NameTakenMeanwhileIsNotReplaced) {
  const TemporaryDirectory directory;
  AtomicFile file(directory / "out", false);
  write_file(directory / "out", "someone else's");
  expect_error(ErrorKind::kFile, {"out", "File exists"}, [&] { file.commit(); });
  EXPECT_EQ(read_file(directory / "out"), "someone else's");
}

// A model directory in small: a file, and one in a directory below.
void write_tree(const fs::path& directory, const std::string& text) {
  write_file(directory / "config.json", text);
  write_file(directory / "sub/weights", text + text);
}

void expect_tree(const fs::path& directory, const std::string& text) {
  Names names = names_in(directory);
  std::erase(names, "manifest.json");
  EXPECT_EQ(names, (Names{"config.json", "sub"}));
  EXPECT_EQ(read_file(directory / "config.json"), text);
  EXPECT_EQ(read_file(directory / "sub/weights"), text + text);
}

TEST(AtomicDirectory, AppearsOnlyOnCommit) {
  const TemporaryDirectory directory;
  {
    AtomicDirectory out(directory / "out", false);
    EXPECT_EQ(out.staging().parent_path(), directory.path());
    write_tree(out.staging(), "new");
    EXPECT_FALSE(fs::exists(directory / "out"));
    out.commit();
  }
  expect_tree(directory / "out", "new");
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicDirectory, WithoutCommitNothingIsLeft) {
  const TemporaryDirectory directory;
  {
    AtomicDirectory out(directory / "out", false);
    write_tree(out.staging(), "new");
  }
  EXPECT_EQ(names_in(directory.path()), Names{});
}

TEST(AtomicDirectory, WhatIsHiddenIsOutOfSight) {
  const TemporaryDirectory directory;
  const AtomicDirectory out(directory / "out", false);
  for (const std::string& name : names_in(directory.path())) EXPECT_EQ(name.front(), '.') << name;
}

TEST(AtomicDirectory, TrailingSlashAndRelativePathsNameTheSamePlace) {
  const TemporaryDirectory directory;
  {
    AtomicDirectory out(directory.path() / "out/", false);
    write_tree(out.staging(), "new");
    out.commit();
  }
  expect_tree(directory / "out", "new");

  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  {
    AtomicDirectory out("relative", false);
    write_tree(out.staging(), "new");
    out.commit();
  }
  fs::current_path(before);
  expect_tree(directory / "relative", "new");
}

TEST(AtomicDirectory, ExistingDirectoryIsKeptUnlessOverwritten) {
  const TemporaryDirectory directory;
  write_tree(directory / "out", "old");
  write_manifest(directory / "out");
  expect_error(ErrorKind::kUsage, {"out' exists (a directory)", "--overwrite"},
               [&] { AtomicDirectory(directory / "out", false); });
  { const AtomicDirectory abandoned(directory / "out", true); }
  expect_tree(directory / "out", "old");
  {
    AtomicDirectory out(directory / "out", true);
    write_tree(out.staging(), "new");
    expect_tree(directory / "out", "old");
    out.commit();
    expect_tree(directory / "out", "new");
  }
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicDirectory, OnlyWhatFinemixWroteIsReplaced) {
  const TemporaryDirectory directory;
  const auto refused = [&](const std::string& name, const std::string& file) {
    expect_error(ErrorKind::kUsage, {name + "' exists (a directory)", "'" + file + "'"},
                 [&] { AtomicDirectory(directory / name, true); });
  };
  fs::create_directory(directory / "empty");
  AtomicDirectory(directory / "empty", true).commit();

  fs::create_directory(directory / "texts");
  write_file(directory / "texts" / "thesis.tex", "precious");
  refused("texts", "thesis.tex");

  write_tree(directory / "out", "old");
  write_manifest(directory / "out");
  fs::create_directory(directory / "out" / "notes");
  write_file(directory / "out" / "notes" / "thesis.tex", "precious");
  refused("out", "notes/thesis.tex");
  fs::remove_all(directory / "out" / "notes");
  AtomicDirectory(directory / "out", true).commit();

  fs::create_directory(directory / "page");
  for (const char* manifest :
       {"{\"name\": \"a web page\"}", "[]", "{", "{\"schema\": \"finemix.manifest/1\"}",
        "{\"schema\": \"finemix.manifest/1\", \"files\": [{\"path\": 1}]}"}) {
    write_file(directory / "page" / "manifest.json", manifest);
    refused("page", "manifest.json");
  }
  fs::remove(directory / "page" / "manifest.json");
  fs::create_symlink("nowhere", directory / "page" / "manifest.json");
  refused("page", "manifest.json");
  EXPECT_EQ(read_file(directory / "texts" / "thesis.tex"), "precious");
}

TEST(AtomicDirectory, WhatComesIntoTheOldDirectoryMeanwhileIsKept) {
  const TemporaryDirectory directory;
  write_tree(directory / "out", "old");
  write_manifest(directory / "out");
  AtomicDirectory out(directory / "out", true);
  write_tree(out.staging(), "new");
  write_file(directory / "out" / "notes", "precious");
  expect_error(ErrorKind::kUsage, {"'notes'"}, [&] { out.commit(); });
  EXPECT_EQ(read_file(directory / "out" / "notes"), "precious");
  EXPECT_EQ(read_file(directory / "out" / "config.json"), "old");
}

TEST(AtomicDirectory, OnlyADirectoryIsReplaced) {
  const TemporaryDirectory directory;
  write_file(directory / "file", "precious");
  fs::create_directory(directory / "target");
  fs::create_symlink("target", directory / "link");
  expect_error(ErrorKind::kUsage, {"exists (a regular file)", "only a directory can be replaced"},
               [&] { AtomicDirectory(directory / "file", true); });
  expect_error(ErrorKind::kUsage, {"exists (a link)"},
               [&] { AtomicDirectory(directory / "link", true); });
}

TEST(AtomicDirectory, OverwritingWhatIsNotThereIsFine) {
  const TemporaryDirectory directory;
  AtomicDirectory out(directory / "out", true);
  write_tree(out.staging(), "new");
  out.commit();
  expect_tree(directory / "out", "new");
}

TEST(AtomicDirectory, TooLittleSpaceIsSeenBeforehand) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"needs 1152921504606846976 bytes"},
               [&] { AtomicDirectory(directory / "out", false, kMoreThanAnyDisk); });
  EXPECT_EQ(names_in(directory.path()), Names{});
}

TEST(AtomicDirectory, SecondWriterIsRefusedUntilTheFirstIsDone) {
  const TemporaryDirectory directory;
  std::optional<AtomicDirectory> first(std::in_place, directory / "out", false);
  expect_error(ErrorKind::kFile, {"another process is writing", "out'"},
               [&] { AtomicDirectory(directory / "out", true); });
  EXPECT_TRUE(fs::exists(first->staging()));
  first.reset();
  EXPECT_NO_THROW(AtomicDirectory(directory / "out", false));
}

TEST(AtomicDirectory, LockFileOfAKilledRunLocksNothing) {
  const TemporaryDirectory directory;
  write_file(directory / ".out.finemix-lock", "");
  EXPECT_NO_THROW(AtomicDirectory(directory / "out", false));
  EXPECT_EQ(names_in(directory.path()), Names{});
}

TEST(AtomicDirectory, RemainsOfAKilledRunAreClearedAway) {
  const TemporaryDirectory directory;
  write_tree(directory / ".out.finemix-partial", "half");
  {
    AtomicDirectory out(directory / "out", false);
    EXPECT_EQ(names_in(out.staging()), Names{});
    write_tree(out.staging(), "new");
    out.commit();
  }
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicDirectory, DirectoryThatAKilledRunHadMovedAsideComesBack) {
  const TemporaryDirectory directory;
  write_tree(directory / ".out.finemix-replaced", "old");
  write_tree(directory / ".out.finemix-partial", "new");
  expect_error(ErrorKind::kUsage, {"exists"}, [&] { AtomicDirectory(directory / "out", false); });
  expect_tree(directory / "out", "old");
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
}

TEST(AtomicDirectory, EmptyDirectoryMadeMeanwhileIsNotReplaced) {
  const TemporaryDirectory directory;
  AtomicDirectory out(directory / "out", false);
  fs::create_directory(directory / "out");
  expect_error(ErrorKind::kFile, {"out", "File exists"}, [&] { out.commit(); });
}

TEST(AtomicDirectory, ADiskThatFillsUpIsAnErrorThatLeavesNothing) {
  const TemporaryDirectory directory;
  const fs::path disk = directory / "disk";
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    GTEST_SKIP() << "skipped: only the administrator can mount a small disk to fill";
  }
  const std::string data(1 << 20, 'x');
  const std::vector<TensorBytes> tensors = {
      {"t", DType::kU8, {static_cast<std::int64_t>(data.size())}, std::as_bytes(std::span(data))}};
  expect_error(ErrorKind::kFile, {"needs 1048576 bytes"},
               [&] { AtomicDirectory(disk / "out", false, data.size()); });
  expect_error(ErrorKind::kFile,
               {"cannot write", "model.safetensors", "No space left", "free some space"}, [&] {
                 AtomicDirectory out(disk / "out", false);
                 write_safetensors(out.staging() / "model.safetensors", tensors);
               });
  EXPECT_EQ(names_in(disk), Names{});
  umount(disk.c_str());
}

TEST(RecoverOutput, DoesWhatTheNextWriterWould) {
  const TemporaryDirectory directory;
  write_file(directory / ".out.finemix-lock", "");
  write_file(directory / ".out.finemix-partial/half", "x");
  write_file(directory / ".out.finemix-replaced/old", "old");
  recover_output(directory / "out");
  EXPECT_EQ(names_in(directory.path()), Names{"out"});
  EXPECT_EQ(names_in(directory / "out"), Names{"old"});
}

TEST(RecoverOutput, BelowADirectoryLeavesAloneWhatIsBeingWritten) {
  const TemporaryDirectory directory;
  write_file(directory / "cells/a.json", "{}");
  write_file(directory / "cells/.a.json.finemix-lock", "");
  write_file(directory / "models/.m.finemix-lock", "");
  write_file(directory / "models/.m.finemix-partial/.config.json.finemix-lock", "");
  std::optional<AtomicFile> writing(std::in_place, directory / "results.json", true);
  recover_outputs_below(directory.path());
  EXPECT_EQ(names_in(directory / "cells"), Names{"a.json"});
  EXPECT_EQ(names_in(directory / "models"), Names{});
  writing->commit();
  writing.reset();
  EXPECT_EQ(names_in(directory.path()), (Names{"cells", "models", "results.json"}));
}

TEST(MakeDirectories, NamesWhatCanNotBeMade) {
  const TemporaryDirectory directory;
  make_directories(directory / "a/b");
  make_directories(directory / "a/b");
  EXPECT_TRUE(fs::is_directory(directory / "a/b"));
  write_file(directory / "file", "");
  expect_error(ErrorKind::kFile, {"cannot create", "file/c", "Not a directory"},
               [&] { make_directories(directory / "file/c"); });
}

}  // namespace
}  // namespace finemix
