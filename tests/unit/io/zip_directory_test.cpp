#include "io/zip_directory.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "io_testing.h"
#include "torch_zip_testing.h"

namespace finemix {
namespace {

using testing::expect_error;
using testing::little_endian;
using testing::TemporaryDirectory;
using testing::write_file;
using testing::zip_file;
using testing::ZipMember;

constexpr std::string_view kCentral = "PK\x01\x02";
constexpr std::string_view kLocal = "PK\x03\x04";
constexpr std::string_view kDescriptor = "PK\x07\x08";

class ZipDirectoryTest : public ::testing::Test {
 protected:
  InputFile open(std::string_view file) {
    return InputFile(write_file(directory_ / "model.bin", file));
  }

  void expect_refused(std::string_view file, std::initializer_list<std::string_view> fragments) {
    const InputFile archive = open(file);
    expect_error(ErrorKind::kMalformed, {"model.bin"}, [&] { read_zip_directory(archive); });
    expect_error(ErrorKind::kMalformed, fragments, [&] { read_zip_directory(archive); });
  }

  // A valid archive with `bytes` written over it, `offset` bytes after the last `mark`.
  static std::string patched(std::string_view mark, std::size_t offset, std::string_view bytes,
                             std::string file = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}})) {
    return file.replace(file.rfind(mark) + offset, bytes.size(), bytes);
  }

  TemporaryDirectory directory_;
};

TEST_F(ZipDirectoryTest, EntriesAreGivenInNameOrderWithTheirBytes) {
  for (const bool end64 : {false, true}) {
    for (const unsigned flags : {0U, 8U, 0x808U}) {
      for (const bool wide : {false, true}) {
        const InputFile archive = open(zip_file(
            {{"m/late", "12345", flags, 0, wide}, {"m/early", "", 0x800}, {"m/mid", "x"}}, end64));
        const std::vector<ZipEntry> entries = read_zip_directory(archive);
        ASSERT_EQ(entries.size(), 3U);
        EXPECT_EQ(entries[0].name, "m/early");
        EXPECT_EQ(entries[0].bytes, 0U);
        EXPECT_EQ(entries[1].name, "m/late");
        EXPECT_EQ(read_zip_entry(archive, entries[1], 5), "12345");
        EXPECT_EQ(read_zip_entry(archive, entries[2], 5), "x");
      }
    }
  }
}

// As torch.save writes them: no sizes in the local header, a wide descriptor.
TEST_F(ZipDirectoryTest, EntriesBeyondFourGibibytesAreRead) {
  constexpr std::uint64_t kSize = (std::uint64_t{1} << 32) + 5;
  const std::string kind = little_endian(8, 2) + std::string(6, '\0');
  const std::string full(4, '\xFF');
  const std::string wide = little_endian(kSize, 8) + little_endian(kSize, 8);
  const auto header = [&](char name, const std::string& extra) {
    return std::string(kLocal) + little_endian(20, 2) + kind + std::string(12, '\0') +
           little_endian(3, 2) + little_endian(extra.size(), 2) + "m/" + name + extra;
  };
  const auto path = write_file(directory_ / "model.bin",
                               header('a', little_endian(1, 2) + little_endian(16, 2) + wide));
  std::filesystem::resize_file(path, std::filesystem::file_size(path) + kSize);  // a hole on disk
  std::string tail = std::string(kDescriptor) + little_endian(0, 4) + wide;
  const std::uint64_t second = std::filesystem::file_size(path) + tail.size();
  tail += header('b', "") + "xyz" + std::string(kDescriptor) + little_endian(0, 4) +
          little_endian(3, 4) + little_endian(3, 4);
  const std::uint64_t begin = std::filesystem::file_size(path) + tail.size();
  std::string directory;
  const auto add = [&](char name, const std::string& sizes, const std::string& extra,
                       const std::string& offset) {
    directory += std::string(kCentral) + little_endian(0, 4) + kind + little_endian(0, 4) + sizes +
                 little_endian(3, 2) + little_endian(extra.size(), 2) + std::string(10, '\0') +
                 offset + "m/" + name + extra;
  };
  add('a', full + full, little_endian(1, 2) + little_endian(16, 2) + wide, little_endian(0, 4));
  add('b', little_endian(3, 4) + little_endian(3, 4),
      little_endian(1, 2) + little_endian(8, 2) + little_endian(second, 8), full);
  const std::string two = little_endian(2, 8);
  const std::string end =
      "PK\x06\x06" + little_endian(44, 8) + little_endian(0, 12) + two + two +
      little_endian(directory.size(), 8) + little_endian(begin, 8) + "PK\x06\x07" +
      little_endian(0, 4) + little_endian(begin + directory.size(), 8) + little_endian(1, 4) +
      "PK\x05\x06" + little_endian(0, 4) + little_endian(2, 2) + little_endian(2, 2) +
      little_endian(directory.size(), 4) + full + little_endian(0, 2);
  std::ofstream(path, std::ios::binary | std::ios::app) << tail << directory << end;

  const InputFile archive(path);
  const std::vector<ZipEntry> entries = read_zip_directory(archive);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].bytes, kSize);
  EXPECT_EQ(read_zip_entry(archive, entries[1], 3), "xyz");
}

TEST_F(ZipDirectoryTest, ChecksumIsThatOfZip) {
  EXPECT_EQ(zip_checksum({}), 0U);
  // The check value of CRC-32/ISO-HDLC.
  EXPECT_EQ(zip_checksum(std::as_bytes(std::span(std::string_view("123456789")))), 0xCBF43926U);
}

TEST_F(ZipDirectoryTest, BytesThatDoNotFitTheirChecksumAreRefused) {
  std::string file = zip_file({{"m/a", "12345"}});
  file[file.find("12345")] = '2';
  const InputFile archive = open(file);
  expect_error(ErrorKind::kMalformed, {"'m/a'", "checksum", "damaged"},
               [&] { read_zip_entry(archive, read_zip_directory(archive)[0], 5); });
}

TEST_F(ZipDirectoryTest, ChecksumOfZeroIsNoneAsTorchWritesIt) {
  std::string file = zip_file({{"m/a", "12345"}});
  for (const auto& [mark, offset] : {std::pair{kLocal, 14}, std::pair{kCentral, 16}}) {
    file = patched(mark, static_cast<std::size_t>(offset), std::string(4, '\0'), file);
  }
  const InputFile archive = open(file);
  EXPECT_EQ(read_zip_entry(archive, read_zip_directory(archive)[0], 5), "12345");
}

TEST_F(ZipDirectoryTest, EntryOverTheReadersLimitIsRefused) {
  const InputFile archive = open(zip_file({{"m/a", "12345"}}));
  expect_error(ErrorKind::kMalformed, {"'m/a'", "5 bytes, expected at most 4"},
               [&] { read_zip_entry(archive, read_zip_directory(archive)[0], 4); });
}

TEST_F(ZipDirectoryTest, EndRecordIsTheLastBytes) {
  expect_refused("", {"0 bytes, expected at least the 22"});
  const std::string file = zip_file({{"m/a", "12345"}});
  expect_refused(file + "x", {"no ZIP end record in the last 22 bytes"});
  expect_refused(file.substr(0, file.size() - 1), {"no ZIP end record"});
  expect_refused(patched("PK\x05\x06", 20, little_endian(1, 2)), {"a comment"});
  for (const std::size_t offset : {4, 6, 8}) {
    expect_refused(patched("PK\x05\x06", offset, little_endian(1, 2)), {"several disks"});
  }
}

TEST_F(ZipDirectoryTest, DirectoryEndsWhereItSays) {
  const std::string file = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}});
  const std::size_t begin = file.find(kCentral);
  const std::size_t bytes = file.find("PK\x05\x06") - begin;
  expect_refused(patched("PK\x05\x06", 16, little_endian(begin - 1, 4)),
                 {"ZIP directory is said to be"});
  expect_refused(patched("PK\x05\x06", 12, little_endian(bytes + 1, 4)),
                 {"ZIP directory is said to be"});
  expect_refused(patched("PK\x05\x06", 16, little_endian(0xFFFFFFF0, 4)),
                 {"from byte 4294967280 on"});
}

TEST_F(ZipDirectoryTest, Zip64RecordsAgreeWithTheEndRecord) {
  const std::string file = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}}, true);
  const auto refused = [&](std::string_view mark, std::size_t offset, std::string_view bytes,
                           std::string_view fragment) {
    expect_refused(patched(mark, offset, bytes, file), {fragment});
  };
  refused("PK\x06\x07", 4, little_endian(1, 4), "locator does not point");
  refused("PK\x06\x07", 8, little_endian(1, 8), "locator does not point");
  refused("PK\x06\x07", 16, little_endian(2, 4), "locator does not point");
  refused("PK\x06\x06", 0, "PK\x06\x08", "locator does not point");
  refused("PK\x06\x06", 4, little_endian(45, 8), "locator does not point");
  refused("PK\x06\x06", 16, little_endian(1, 4), "disagree");
  refused("PK\x06\x06", 20, little_endian(1, 4), "disagree");
  for (const std::size_t offset : {24, 32, 40, 48}) {
    refused("PK\x06\x06", offset, little_endian(1, 8), "disagree");
  }
  // The narrow fields may be full in place of a number that is too large for them, only.
  refused("PK\x05\x06", 12, little_endian(0xFFFFFFFF, 4), "disagree");
}

TEST_F(ZipDirectoryTest, NumberOfEntriesIsThatOfTheDirectory) {
  for (const std::uint64_t count : {1, 3}) {
    std::string file = patched("PK\x05\x06", 8, little_endian(count, 2) + little_endian(count, 2));
    expect_refused(file, {count == 1 ? "after the last record" : "entries in a ZIP directory of"});
  }
}

TEST_F(ZipDirectoryTest, HugeDirectoriesAreRefusedUnread) {
  const auto path = write_file(directory_ / "model.bin", "");
  std::filesystem::resize_file(path, 100 << 20);  // a hole on disk
  const std::uint64_t bytes = (16 << 20) + 1;
  std::string end = zip_file({});
  end.replace(12, 4, little_endian(bytes, 4));
  end.replace(16, 4, little_endian((100 << 20) - bytes, 4));
  std::ofstream(path, std::ios::binary | std::ios::app) << end;
  const InputFile archive(path);
  expect_error(ErrorKind::kMalformed, {"ZIP directory of 16777217 bytes"},
               [&] { read_zip_directory(archive); });
}

TEST_F(ZipDirectoryTest, NumberOfEntriesIsBounded) {
  std::vector<ZipMember> members;
  for (int i = 0; i <= 110'000; ++i) members.push_back({"m/" + std::to_string(i), ""});
  expect_refused(zip_file(members, true).substr(0), {"disagree"});  // 16 bits are too few
  std::string file = zip_file(members, true);
  file.replace(file.size() - 14, 4, 4, '\xFF');
  expect_refused(file, {"110001 entries", "expected at most 110000"});
}

TEST_F(ZipDirectoryTest, RecordsThatAreCutShortAreRefused) {
  const std::string cut = "cut short, or its records are not as long as they say";
  expect_refused(patched(kCentral, 0, "PK\x01\x03"), {cut});
  for (const std::size_t offset : {28, 30, 32}) {
    expect_refused(patched(kCentral, offset, little_endian(500, 2)), {cut});
  }
}

TEST_F(ZipDirectoryTest, CompressedAndEncryptedEntriesAreRefused) {
  expect_refused(zip_file({{"m/a", "12345", 0, 8}}), {"'m/a'", "compressed (method 8)"});
  expect_refused(zip_file({{"m/a", "12345", 1}}), {"'m/a'", "encrypted"});
  expect_refused(zip_file({{"m/a", "12345", 0x20}}), {"'m/a'", "flags 32"});
}

TEST_F(ZipDirectoryTest, CommentsAndOtherDisksOfEntriesAreRefused) {
  std::string file = zip_file({{"m/a", ""}});
  file = patched(kCentral, 32, little_endian(1, 2), file);
  file.insert(file.find("PK\x05\x06"), "c");
  const std::size_t bytes = file.find("PK\x05\x06") - file.find(kCentral);
  expect_refused(patched("PK\x05\x06", 12, little_endian(bytes, 4), file), {"a comment"});
  expect_refused(patched(kCentral, 34, little_endian(1, 2)), {"on another disk"});
}

TEST_F(ZipDirectoryTest, NamesThatLeadOutOrAreUnprintableAreRefused) {
  for (const std::string& name :
       {std::string("../a"), std::string("/a"), std::string("m/../a"), std::string("m//a"),
        std::string("m/"), std::string(""), std::string("m/."), std::string("m\\a")}) {
    expect_refused(zip_file({{name, "x"}}), {"the name is no path of plain names"});
  }
  expect_refused(zip_file({{"m/a\n", "x"}}), {"the name is not printable UTF-8", "m/a\\x0A"});
  expect_refused(zip_file({{"m/\xFF", "x"}}), {"the name is not printable UTF-8"});
  expect_refused(zip_file({{std::string("m/a\0", 4), "x"}}), {"not printable"});
  expect_refused(zip_file({{"m/" + std::string(1023, 'n'), "x"}}), {"longer than 1024 bytes"});
}

TEST_F(ZipDirectoryTest, NameThatIsThereTwiceIsRefused) {
  expect_refused(zip_file({{"m/a", "1"}, {"m/b", "2"}, {"m/a", "3"}}), {"'m/a'", "there twice"});
}

TEST_F(ZipDirectoryTest, LocalHeaderSaysTheSameAsTheDirectory) {
  const std::string disagree = "local header and the directory disagree";
  expect_refused(patched(kLocal, 0, "PK\x03\x05"), {"'m/b'", "no local header at byte"});
  expect_refused(patched(kLocal, 6, little_endian(0x800, 2)), {"'m/b'", disagree});
  expect_refused(patched(kLocal, 8, little_endian(8, 2)), {disagree});
  expect_refused(patched(kLocal, 14, little_endian(0, 4)), {disagree});
  expect_refused(patched(kLocal, 18, little_endian(4, 4)), {disagree});
  expect_refused(patched(kLocal, 22, little_endian(4, 4)), {disagree});
  expect_refused(patched(kLocal, 26, little_endian(2, 2)), {disagree});
  expect_refused(patched(kLocal, 30, "m/c"), {disagree});
  expect_refused(patched(kLocal, 28, little_endian(60000, 2)), {"no room for its local header"});
}

TEST_F(ZipDirectoryTest, LocalHeaderIsWithinTheEntriesPlace) {
  // The first entry reaches up to where the second is said to begin.
  const auto file = [](std::uint64_t begin) {
    std::string made = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}});
    const std::string sizes = little_endian(begin - 33, 4) + little_endian(begin - 33, 4);
    made.replace(18, 8, sizes);
    made.replace(made.find(kCentral) + 20, 8, sizes);
    return patched(kCentral, 42, little_endian(begin, 4), made);
  };
  const std::uint64_t directory = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}}).find(kCentral);
  expect_refused(file(directory - 3), {"'m/b'", "no room for its local header"});
  expect_refused(file(directory + 1), {"'m/b'", "begins within or after the directory"});
  expect_refused(file(0xFFFFFFF0), {"'m/b'", "begins within or after the directory"});
}

TEST_F(ZipDirectoryTest, OverlapsAndHolesAreRefused) {
  // Three bytes more than there are, in both headers.
  std::string file = zip_file({{"m/a", "12345"}, {"m/b", "xyz"}});
  const std::string more = little_endian(8, 4) + little_endian(8, 4);
  file.replace(18, 8, more);
  file.replace(file.find(kCentral) + 20, 8, more);
  expect_refused(file, {"'m/a'", "its 8 bytes reach 3 into the next entry: they overlap"});
  const std::string fewer = little_endian(2, 4) + little_endian(2, 4);
  file.replace(18, 8, fewer);
  file.replace(file.find(kCentral) + 20, 8, fewer);
  expect_refused(file, {"'m/a'", "3 bytes after it belong to no entry"});
  // Both records of the directory point to one entry.
  expect_refused(patched(kCentral, 42, little_endian(0, 4)), {"no room for its local header"});
}

TEST_F(ZipDirectoryTest, BytesBeforeTheFirstEntryAreRefused) {
  std::string file = "#!/bin/sh" + zip_file({{"m/a", "12345"}});
  file = patched(kCentral, 42, little_endian(9, 4), file);
  file = patched("PK\x05\x06", 16, little_endian(file.find(kCentral), 4), file);
  expect_refused(file, {"9 bytes before the first entry"});
}

TEST_F(ZipDirectoryTest, DescriptorSaysTheSameAsTheDirectory) {
  const std::string file = zip_file({{"m/a", "12345", 8}});
  for (const std::size_t offset : {0, 4, 8, 12}) {
    expect_refused(patched(kDescriptor, offset, "\x01", file), {"'m/a'", "no descriptor"});
  }
  const std::string wide = zip_file({{"m/a", "12345", 8, 0, true}});
  for (const std::size_t offset : {0, 4, 15, 23}) {
    expect_refused(patched(kDescriptor, offset, "\x01", wide), {"'m/a'", "no descriptor"});
  }
}

TEST_F(ZipDirectoryTest, SizesOfStoredEntriesAreEqual) {
  expect_refused(patched(kCentral, 20, little_endian(2, 4)), {"2 stored bytes for its 3"});
}

TEST_F(ZipDirectoryTest, WideNumbersAreInTheirField) {
  const std::string file = zip_file({{"m/a", "12345", 0, 0, true}});
  const std::size_t local = 30 + 3;
  const std::size_t central = file.find(kCentral) + 46 + 3;
  const std::string trouble = "extra fields are no list or lack a zip64 number";
  for (const std::size_t extra : {local, central}) {
    std::string broken = file;
    broken.replace(extra, 2, little_endian(2, 2));  // another field
    expect_refused(broken, {trouble});
    broken = file;
    broken.replace(extra + 2, 2, little_endian(17, 2));  // longer than what is there
    expect_refused(broken, {trouble});
    broken = file;
    broken.replace(extra + 2, 6, little_endian(4, 2) + little_endian(0, 4));
    expect_refused(broken, {trouble});  // too short for a number
    broken = file;
    broken.replace(extra + 4, 16, little_endian(~0ULL, 8) + little_endian(~0ULL, 8));
    expect_refused(broken, {"disagree"});
  }
  // The whole field twice: which of them counts would be each reader's own choice.
  std::string twice = file;
  twice.insert(central, file.substr(central, 20));
  twice = patched(kCentral, 30, little_endian(40, 2), twice);
  const std::size_t directory = twice.find("PK\x05\x06") - twice.find(kCentral);
  twice = patched("PK\x05\x06", 12, little_endian(directory, 4), twice);
  expect_refused(twice, {trouble});
}

}  // namespace
}  // namespace finemix
