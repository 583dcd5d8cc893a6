#include "io/zip_directory.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

#include "finemix/core/error.h"
#include "finemix/core/little_endian.h"
#include "finemix/core/quote.h"
#include "finemix/core/stop.h"

namespace finemix {
namespace {

constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kEnd64Bytes = 56;
constexpr std::uint64_t kLocatorBytes = 20;
constexpr std::uint64_t kCentralBytes = 46;
constexpr std::uint64_t kLocalBytes = 30;
constexpr std::uint64_t kMaxDirectoryBytes = 16 << 20;
constexpr std::uint64_t kMaxEntries = 110'000;  // kMaxTensors and torch.save's own
constexpr std::uint64_t kMaxNameBytes = 1024;

constexpr std::string_view kEndMark = "PK\x05\x06";
constexpr std::string_view kEnd64Mark = "PK\x06\x06";
constexpr std::string_view kLocatorMark = "PK\x06\x07";
constexpr std::string_view kCentralMark = "PK\x01\x02";
constexpr std::string_view kLocalMark = "PK\x03\x04";
constexpr std::string_view kDescriptorMark = "PK\x07\x08";

constexpr std::uint32_t kIn64 = 0xFFFFFFFF;  // the number itself is in a zip64 field
constexpr unsigned kEncrypted = 1;
constexpr unsigned kSizesFollow = 8;  // in a descriptor after the entry's bytes
constexpr unsigned kUtf8Name = 1 << 11;
constexpr unsigned kZip64Field = 1;

[[noreturn]] void refuse(const InputFile& archive, const std::string& found) {
  throw Error(ErrorKind::kMalformed, printable(archive.path().native()) + ": " + found);
}

[[noreturn]] void refuse_entry(const InputFile& archive, std::string_view name,
                               const std::string& found) {
  refuse(archive, "entry " + quote(name) + ": " + found);
}

// Little-endian numbers and stretches of a record, one after the other. Whoever makes one has seen
// to it that the record is long enough.
class Fields {
 public:
  explicit Fields(std::string_view record) : rest_(record) {}

  std::uint64_t number(std::size_t bytes) { return little_endian(text(bytes)); }
  std::string_view text(std::size_t bytes) {
    const std::string_view part = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return part;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::string read_text(const InputFile& archive, std::uint64_t offset, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  archive.read(offset, std::as_writable_bytes(std::span(text)));
  return text;
}

// Where the directory lies, and how many entries it has.
struct Extent {
  std::uint64_t entries;
  std::uint64_t bytes;
  std::uint64_t offset;
  std::uint64_t end;  // where what follows it begins
};

// What the last 22 bytes say, with zip64's records where they are there.
Extent read_end(const InputFile& archive) {
  if (archive.size() < kEndBytes) {
    refuse(archive,
           std::to_string(archive.size()) +
               " bytes, expected at least the 22 of a ZIP archive's end record: cut short");
  }
  std::uint64_t end = archive.size() - kEndBytes;
  const std::string record = read_text(archive, end, kEndBytes);
  Fields fields(record);
  if (fields.text(4) != kEndMark) {
    refuse(archive,
           "no ZIP end record in the last 22 bytes: cut short, or bytes or a comment follow it");
  }
  const std::uint64_t disk = fields.number(2);
  const std::uint64_t first_disk = fields.number(2);
  const std::uint64_t entries_here = fields.number(2);
  Extent extent{};
  extent.entries = fields.number(2);
  extent.bytes = fields.number(4);
  extent.offset = fields.number(4);
  const std::uint64_t comment = fields.number(2);
  if (disk != 0 || first_disk != 0 || entries_here != extent.entries || comment != 0) {
    refuse(archive, "the ZIP end record tells of several disks or a comment, expected neither");
  }

  if (end < kLocatorBytes + kEnd64Bytes) return extent.end = end, extent;
  const std::string locator = read_text(archive, end - kLocatorBytes, kLocatorBytes);
  if (!locator.starts_with(kLocatorMark)) return extent.end = end, extent;
  end -= kLocatorBytes + kEnd64Bytes;
  const std::string record64 = read_text(archive, end, kEnd64Bytes);
  Fields at(locator);
  at.text(4);  // its mark
  Fields wide(record64);
  const bool located = at.number(4) == 0 && at.number(8) == end && at.number(4) == 1;
  if (!located || wide.text(4) != kEnd64Mark || wide.number(8) != kEnd64Bytes - 12) {
    refuse(archive, "the zip64 locator does not point to a zip64 end record right before it");
  }
  wide.text(4);  // versions
  const bool one_disk = wide.number(4) == 0 && wide.number(4) == 0;
  const std::uint64_t wide_entries_here = wide.number(8);
  const Extent wide_extent{wide.number(8), wide.number(8), wide.number(8), end};
  const auto agree = [](std::uint64_t narrow, std::uint64_t limit, std::uint64_t full) {
    return narrow == full || (narrow == limit && full >= limit);
  };
  if (!one_disk || wide_entries_here != wide_extent.entries ||
      !agree(extent.entries, 0xFFFF, wide_extent.entries) ||
      !agree(extent.bytes, kIn64, wide_extent.bytes) ||
      !agree(extent.offset, kIn64, wide_extent.offset)) {
    refuse(archive, "the ZIP end record and the zip64 end record disagree");
  }
  return wide_extent;
}

// An entry as the directory has it.
struct Central {
  ZipEntry entry;
  unsigned flags = 0;
  std::uint64_t header = 0;  // offset of its local header
};

// Replaces those of `numbers` that are kept in the zip64 field of `extra` by what is there; false
// when it lacks them, holds more than them, or is there twice, or the fields are no list.
bool widen(std::string_view extra, std::span<std::uint64_t* const> numbers) {
  std::optional<std::string_view> field;
  for (Fields rest(extra); !rest.rest().empty();) {
    if (rest.rest().size() < 4) return false;
    const std::uint64_t id = rest.number(2);
    const std::uint64_t bytes = rest.number(2);
    if (bytes > rest.rest().size()) return false;
    const std::string_view content = rest.text(bytes);
    if (id != kZip64Field) continue;
    if (field) return false;
    field = content;
  }
  Fields wide(field.value_or(""));
  for (std::uint64_t* const number : numbers) {
    if (*number != kIn64) continue;
    if (wide.rest().size() < 8) return false;
    *number = wide.number(8);
  }
  return true;
}

std::string name_trouble(std::string_view name) {
  if (name.size() > kMaxNameBytes) return "is longer than 1024 bytes";
  if (printable(name, name.size()) != name) return "is not printable UTF-8";
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (!is_plain_file_name(name.substr(begin, end - begin))) {
      return "is no path of plain names that stays in its directory";
    }
    begin = end + 1;
  }
  return "";
}

// Takes one record off the front of the directory.
Central take_central(const InputFile& archive, std::string_view& directory) {
  const auto cut_short = [&] {
    refuse(archive, "the ZIP directory is cut short, or its records are not as long as they say");
  };
  if (directory.size() < kCentralBytes) cut_short();
  Fields fields(directory);
  if (fields.text(4) != kCentralMark) cut_short();
  fields.text(4);  // versions
  Central central;
  central.flags = static_cast<unsigned>(fields.number(2));
  const std::uint64_t method = fields.number(2);
  fields.text(4);  // time and date
  ZipEntry& entry = central.entry;
  entry.checksum = static_cast<std::uint32_t>(fields.number(4));
  std::uint64_t stored = fields.number(4);
  entry.bytes = fields.number(4);
  const std::uint64_t name_bytes = fields.number(2);
  const std::uint64_t extra_bytes = fields.number(2);
  const std::uint64_t comment_bytes = fields.number(2);
  const std::uint64_t disk = fields.number(2);
  fields.text(6);  // attributes
  central.header = fields.number(4);
  if (name_bytes + extra_bytes + comment_bytes > fields.rest().size()) cut_short();
  entry.name = fields.text(name_bytes);
  const std::string_view extra = fields.text(extra_bytes);

  const auto refuse_this = [&](const std::string& found) {
    refuse_entry(archive, entry.name, found);
  };
  if (const std::string trouble = name_trouble(entry.name); !trouble.empty()) {
    refuse_this("the name " + trouble);
  }
  if ((central.flags & kEncrypted) != 0) refuse_this("is encrypted, expected plain bytes");
  if (method != 0) {
    refuse_this("is compressed (method " + std::to_string(method) +
                "), expected stored as torch.save does");
  }
  if ((central.flags & ~(kSizesFollow | kUtf8Name)) != 0) {
    refuse_this("has flags " + std::to_string(central.flags) +
                ", expected only those of torch.save");
  }
  if (comment_bytes != 0 || disk != 0) refuse_this("has a comment or is on another disk");
  std::uint64_t* const wide[] = {&entry.bytes, &stored, &central.header};
  if (!widen(extra, wide)) refuse_this("its extra fields are no list or lack a zip64 number");
  if (stored != entry.bytes) {
    refuse_this("has " + std::to_string(stored) + " stored bytes for its " +
                std::to_string(entry.bytes) + ", expected as many");
  }
  directory = fields.rest();
  return central;
}

// The bytes that a descriptor after the entry takes: 0, 16 or 24.
std::uint64_t read_descriptor(const InputFile& archive, const Central& central,
                              std::uint64_t room) {
  if ((central.flags & kSizesFollow) == 0) return 0;
  const ZipEntry& entry = central.entry;
  const std::size_t width = room == 24 ? 8 : 4;
  const std::string record =
      read_text(archive, entry.offset + entry.bytes, std::min<std::uint64_t>(room, 8 + 2 * width));
  if (record.size() == 8 + 2 * width) {
    Fields fields(record);
    if (fields.text(4) == kDescriptorMark && fields.number(4) == entry.checksum &&
        fields.number(width) == entry.bytes && fields.number(width) == entry.bytes) {
      return record.size();
    }
  }
  refuse_entry(archive, entry.name,
               "no descriptor follows its bytes that says the same as the directory");
}

// Checks the entry against its local header, and finds its bytes. `next` is where what follows it
// begins.
void place_entry(const InputFile& archive, Central& central, std::uint64_t next) {
  ZipEntry& entry = central.entry;
  const auto refuse_this = [&](const std::string& found) {
    refuse_entry(archive, entry.name, found);
  };
  const std::uint64_t room = next - central.header;
  const std::uint64_t name_end = kLocalBytes + entry.name.size();
  if (room < name_end) refuse_this("no room for its local header before the next entry");
  const std::string header = read_text(archive, central.header, name_end);
  Fields fields(header);
  if (fields.text(4) != kLocalMark) {
    refuse_this("no local header at byte " + std::to_string(central.header));
  }
  fields.text(2);  // version
  const std::uint64_t flags = fields.number(2);
  const std::uint64_t method = fields.number(2);
  fields.text(4);  // time and date
  const std::uint64_t checksum = fields.number(4);
  std::uint64_t stored = fields.number(4);
  std::uint64_t bytes = fields.number(4);
  const std::uint64_t name_bytes = fields.number(2);
  const std::uint64_t extra_bytes = fields.number(2);
  if (room - name_end < extra_bytes) {
    refuse_this("no room for its local header before the next entry");
  }
  if (stored == kIn64 || bytes == kIn64) {
    std::uint64_t* const wide[] = {&bytes, &stored};
    if (!widen(read_text(archive, central.header + name_end, extra_bytes), wide)) {
      refuse_this("its extra fields are no list or lack a zip64 number");
    }
  }
  const bool later =
      (central.flags & kSizesFollow) != 0 && checksum == 0 && stored == 0 && bytes == 0;
  const bool same = checksum == entry.checksum && stored == entry.bytes && bytes == entry.bytes;
  if (flags != central.flags || method != 0 || name_bytes != entry.name.size() ||
      fields.rest() != entry.name || !(later || same)) {
    refuse_this("its local header and the directory disagree");
  }

  const std::uint64_t left = room - name_end - extra_bytes;
  if (entry.bytes > left) {
    refuse_this("its " + std::to_string(entry.bytes) + " bytes reach " +
                std::to_string(entry.bytes - left) + " into the next entry: they overlap");
  }
  entry.offset = central.header + name_end + extra_bytes;
  const std::uint64_t hole =
      left - entry.bytes - read_descriptor(archive, central, left - entry.bytes);
  if (hole != 0) {
    refuse_this(std::to_string(hole) + " bytes after it belong to no entry, expected none");
  }
}

}  // namespace

std::vector<ZipEntry> read_zip_directory(const InputFile& archive) {
  const Extent extent = read_end(archive);
  if (extent.offset > extent.end || extent.bytes != extent.end - extent.offset) {
    refuse(archive, "the ZIP directory is said to be " + std::to_string(extent.bytes) +
                        " bytes from byte " + std::to_string(extent.offset) +
                        " on, expected that it ends at byte " + std::to_string(extent.end));
  }
  if (extent.bytes > kMaxDirectoryBytes) {
    refuse(archive, "a ZIP directory of " + std::to_string(extent.bytes) +
                        " bytes, expected at most " + std::to_string(kMaxDirectoryBytes));
  }
  const std::uint64_t limit = std::min(kMaxEntries, extent.bytes / kCentralBytes);
  if (extent.entries > limit) {
    refuse(archive, std::to_string(extent.entries) + " entries in a ZIP directory of " +
                        std::to_string(extent.bytes) + " bytes, expected at most " +
                        std::to_string(limit));
  }
  const std::string text = read_text(archive, extent.offset, extent.bytes);
  std::vector<Central> centrals;
  centrals.reserve(extent.entries);
  std::string_view directory = text;
  for (std::uint64_t i = 0; i < extent.entries; ++i) {
    centrals.push_back(take_central(archive, directory));
  }
  if (!directory.empty()) {
    refuse(archive, std::to_string(directory.size()) +
                        " bytes after the last record of the ZIP directory, expected none");
  }

  std::sort(centrals.begin(), centrals.end(),
            [](const Central& a, const Central& b) { return a.header < b.header; });
  for (std::size_t i = 0; i < centrals.size(); ++i) {
    throw_if_stopped();
    const bool last = i + 1 == centrals.size();
    const std::uint64_t next = last ? extent.offset : centrals[i + 1].header;
    if (next < centrals[i].header) {
      refuse_entry(archive, centrals[i].entry.name, "begins within or after the directory");
    }
    if (i == 0 && centrals[i].header != 0) {
      refuse(archive,
             std::to_string(centrals[i].header) + " bytes before the first entry, expected none");
    }
    place_entry(archive, centrals[i], next);
  }

  std::vector<ZipEntry> entries;
  entries.reserve(centrals.size());
  for (Central& central : centrals) entries.push_back(std::move(central.entry));
  std::sort(entries.begin(), entries.end(),
            [](const ZipEntry& a, const ZipEntry& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(entries.begin(), entries.end(),
                         [](const ZipEntry& a, const ZipEntry& b) { return a.name == b.name; });
  if (twice != entries.end()) refuse_entry(archive, twice->name, "is there twice, expected once");
  return entries;
}

std::string read_zip_entry(const InputFile& archive, const ZipEntry& entry, std::uint64_t limit) {
  if (entry.bytes > limit) {
    refuse_entry(
        archive, entry.name,
        "has " + std::to_string(entry.bytes) + " bytes, expected at most " + std::to_string(limit));
  }
  std::string text = read_text(archive, entry.offset, entry.bytes);
  if (entry.checksum != 0 && zip_checksum(std::as_bytes(std::span(text))) != entry.checksum) {
    refuse_entry(archive, entry.name,
                 "its bytes do not fit its checksum: the file is damaged, get it again");
  }
  return text;
}

std::uint32_t zip_checksum(std::span<const std::byte> bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      table[i] = i;
      for (int bit = 0; bit < 8; ++bit) {
        table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xEDB88320 : 0);
      }
    }
    return table;
  }();
  std::uint32_t remainder = 0xFFFFFFFF;
  for (const std::byte byte : bytes) {
    remainder = remainder >> 8 ^ kTable[(remainder ^ std::to_integer<std::uint32_t>(byte)) & 0xFF];
  }
  return ~remainder;
}

}  // namespace finemix
