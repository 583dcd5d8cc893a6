#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/io/bytes.h"

namespace finemix {

// A stored (not compressed) file of a ZIP archive.
struct ZipEntry {
  std::string name;
  std::uint64_t offset = 0;  // of its bytes, from the start of the archive
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;
};

// The directory of an archive from an untrusted source, in name order. Every byte of the archive
// has one reading (PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5.3): the end record is its last 22
// bytes, with zip64's two records before it where they are there, then going backwards the
// directory, then the entries without hole or overlap, each with the local header that the
// directory says. Refused are compression, encryption, comments, several disks, names that are
// there twice or lead out of a directory, directories over 16 MiB and more than 110,000 entries.
// Throws kMalformed naming the archive and the entry.
std::vector<ZipEntry> read_zip_directory(const InputFile& archive);

// All bytes of an entry. Throws kMalformed when they are more than `limit` or, unless the entry's
// checksum is 0 (torch.save writes that where it is told to compute none), do not fit it.
std::string read_zip_entry(const InputFile& archive, const ZipEntry& entry, std::uint64_t limit);

// CRC-32 as ZIP has it.
std::uint32_t zip_checksum(std::span<const std::byte> bytes);

}  // namespace finemix
