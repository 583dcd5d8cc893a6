#include "finemix/io/bytes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <limits>
#include <utility>

#include "io_testing.h"

namespace finemix {
namespace {

TEST(IsThere, ALinkIsThereWhereverItLeads) {
  const testing::TemporaryDirectory directory;
  testing::write_file(directory / "file", "x");
  std::filesystem::create_symlink("file", directory / "link");
  std::filesystem::create_symlink("nothing", directory / "dangling");
  std::filesystem::create_symlink("loop", directory / "loop");
  for (const char* name : {"file", "link", "dangling", "loop", "."}) {
    EXPECT_TRUE(is_there(directory / name)) << name;
  }
  for (const char* name : {"nothing", "file/below", "loop/below"}) {
    EXPECT_FALSE(is_there(directory / name)) << name;
  }
}

using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

std::string read(const InputFile& file, std::uint64_t offset, std::size_t length) {
  std::string text(length, '?');
  file.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

TEST(InputFile, ReadsAnyRange) {
  const TemporaryDirectory directory;
  const InputFile file(write_file(directory / "digits", "0123456789"));
  EXPECT_EQ(file.size(), 10u);
  EXPECT_EQ(file.path(), directory / "digits");
  EXPECT_EQ(read(file, 0, 10), "0123456789");
  EXPECT_EQ(read(file, 7, 3), "789");
  EXPECT_EQ(read(file, 10, 0), "");
}

TEST(InputFile, RangeOutsideTheFileIsRefused) {
  const TemporaryDirectory directory;
  const InputFile file(write_file(directory / "digits", "0123456789"));
  std::array<std::byte, 4> out{};
  const std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint64_t offset : {std::uint64_t{7}, std::uint64_t{11}, largest, largest - 2}) {
    expect_error(ErrorKind::kMalformed, {"digits", "10 bytes"}, [&] { file.read(offset, out); });
  }
}

TEST(InputFile, MissingFileIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"cannot open", "nothing-here", "No such file", "check the path"},
               [&] { InputFile(directory / "nothing-here"); });
}

TEST(InputFile, UnreadableFileIsRefused) {
  if (geteuid() == 0) GTEST_SKIP() << "skipped: the administrator can read every file";
  const TemporaryDirectory directory;
  chmod(write_file(directory / "secret", "x").c_str(), 0);
  expect_error(ErrorKind::kFile, {"secret", "permissions"},
               [&] { InputFile(directory / "secret"); });
}

TEST(InputFile, DirectoryIsRefused) {
  const TemporaryDirectory directory;
  expect_error(ErrorKind::kFile, {"is a directory, expected a regular file"},
               [&] { InputFile file(directory.path()); });
}

TEST(InputFile, FifoIsRefusedWithoutWaitingForAWriter) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
  expect_error(ErrorKind::kFile, {"fifo", "is a FIFO, expected a regular file"},
               [&] { InputFile(directory / "fifo"); });
}

TEST(InputFile, DeviceIsRefused) {
  expect_error(ErrorKind::kFile, {"'/dev/zero' is a device"}, [] { InputFile("/dev/zero"); });
}

TEST(InputFile, LinksAreFollowedOrRefusedAsAsked) {
  const TemporaryDirectory directory;
  write_file(directory / "target", "text");
  std::filesystem::create_symlink("target", directory / "link");
  EXPECT_EQ(read(InputFile(directory / "link"), 0, 4), "text");
  EXPECT_EQ(read(InputFile(directory / "target", Links::kRefuse), 0, 4), "text");
  expect_error(ErrorKind::kMalformed, {"link' is a link, expected a regular file"},
               [&] { InputFile(directory / "link", Links::kRefuse); });
}

TEST(InputFile, FileThatShrinksIsAnErrorNotACrash) {
  const TemporaryDirectory directory;
  const InputFile file(write_file(directory / "shrinking", std::string(100, 'x')));
  std::filesystem::resize_file(directory / "shrinking", 10);
  EXPECT_EQ(read(file, 0, 10), std::string(10, 'x'));
  expect_error(ErrorKind::kFile, {"shrinking", "has shrunk to 10 bytes", "opened with 100"},
               [&] { read(file, 0, 50); });
}

TEST(InputFile, CanBeMoved) {
  const TemporaryDirectory directory;
  InputFile first(write_file(directory / "a", "aaaa"));
  InputFile second(write_file(directory / "b", "bb"));
  InputFile moved(std::move(first));
  EXPECT_EQ(read(moved, 0, 4), "aaaa");
  moved = std::move(second);
  EXPECT_EQ(moved.size(), 2u);
  EXPECT_EQ(read(moved, 0, 2), "bb");
}

TEST(ReadTextFile, GivesEveryByte) {
  const TemporaryDirectory directory;
  const std::string text("a\0\r\n\xFF", 5);
  EXPECT_EQ(read_text_file(write_file(directory / "text", text), 5), text);
  EXPECT_EQ(read_text_file(write_file(directory / "empty", ""), 0), "");
}

TEST(ReadTextFile, FileOverTheLimitIsRefusedBeforeItIsRead) {
  const TemporaryDirectory directory;
  write_file(directory / "huge", "");
  std::filesystem::resize_file(directory / "huge", std::uintmax_t{1} << 40);  // a hole on disk
  expect_error(ErrorKind::kMalformed, {"huge", "1099511627776 bytes", "at most 1000"},
               [&] { read_text_file(directory / "huge", 1000); });
}

}  // namespace
}  // namespace finemix
