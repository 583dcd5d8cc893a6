#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/zip_directory.h"

namespace finemix::testing {

inline std::string little_endian(std::uint64_t number, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i, number >>= 8) text += static_cast<char>(number);
  return text;
}

// ---- ZIP archives, right or wrong

struct ZipMember {
  std::string name;
  std::string bytes;
  unsigned flags = 0;  // 8: sizes and checksum are in a descriptor after the bytes
  unsigned method = 0;
  bool wide = false;  // sizes in zip64 fields
};

inline std::string zip_file(const std::vector<ZipMember>& members, bool end64 = false) {
  std::string file, directory;
  for (const ZipMember& member : members) {
    const std::uint64_t offset = file.size();
    const std::uint64_t size = member.bytes.size();
    const std::string checksum =
        little_endian(zip_checksum(std::as_bytes(std::span(member.bytes))), 4);
    const std::size_t width = member.wide ? 8 : 4;
    const bool later = (member.flags & 8) != 0;
    const std::string sizes =
        member.wide ? std::string(8, '\xFF') : little_endian(size, 4) + little_endian(size, 4);
    const std::string extra = member.wide ? little_endian(1, 2) + little_endian(16, 2) +
                                                little_endian(size, 8) + little_endian(size, 8)
                                          : "";
    const std::string kind =
        little_endian(member.flags, 2) + little_endian(member.method, 2) + std::string(4, '\0');
    const std::string name_size = little_endian(member.name.size(), 2);
    const std::string extra_size = little_endian(extra.size(), 2);
    file += "PK\x03\x04" + little_endian(20, 2) + kind +
            (later ? std::string(12, '\0') : checksum + sizes) + name_size +
            (later ? little_endian(0, 2) : extra_size) + member.name + (later ? "" : extra) +
            member.bytes;
    if (later) {
      file += "PK\x07\x08" + checksum + little_endian(size, width) + little_endian(size, width);
    }
    directory += "PK\x01\x02" + little_endian(0, 4) + kind + checksum + sizes + name_size +
                 extra_size + std::string(10, '\0') + little_endian(offset, 4) + member.name +
                 extra;
  }
  const std::uint64_t begin = file.size();
  file += directory;
  const std::uint64_t end = file.size();
  if (end64) {
    file += "PK\x06\x06" + little_endian(44, 8) + little_endian(0, 12) +
            little_endian(members.size(), 8) + little_endian(members.size(), 8) +
            little_endian(directory.size(), 8) + little_endian(begin, 8);
    file += "PK\x06\x07" + little_endian(0, 4) + little_endian(end, 8) + little_endian(1, 4);
  }
  return file + "PK\x05\x06" + little_endian(0, 4) + little_endian(members.size(), 2) +
         little_endian(members.size(), 2) + little_endian(directory.size(), 4) +
         little_endian(begin, 4) + little_endian(0, 2);
}

// ---- pickles, by their opcodes

namespace pickle {

inline const std::string kProto = "\x80\x02";

inline std::string global(std::string_view module, std::string_view name) {
  return "c" + std::string(module) + "\n" + std::string(name) + "\n";
}
inline std::string text(std::string_view string) {
  return "X" + little_endian(string.size(), 4) + std::string(string);
}
inline std::string number(std::int64_t value) {
  return "\x8A\x08" + little_endian(static_cast<std::uint64_t>(value), 8);
}
inline std::string tuple(const std::vector<std::int64_t>& values) {
  std::string all = "(";
  for (const std::int64_t value : values) all += number(value);
  return all + "t";
}
inline const std::string kOrderedDict = global("collections", "OrderedDict") + ")R";

inline std::string storage(std::string_view key, std::int64_t elements,
                           std::string_view type = "FloatStorage") {
  return "(" + text("storage") + global("torch", type) + text(key) + text("cpu") +
         number(elements) + "tQ";
}
inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& shape,
                          const std::vector<std::int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") + "(" + storage + number(offset) +
         tuple(shape) + tuple(strides) + "\x89" + kOrderedDict + "tR";
}
// A tensor of F32 that fills storage `key`.
inline std::string vector_tensor(std::string_view key, std::int64_t elements) {
  return tensor(storage(key, elements), 0, {elements}, {1});
}
// `entries`: a key and a value each.
inline std::string state_dict(const std::string& entries) {
  return kProto + kOrderedDict + "(" + entries + "u.";
}

}  // namespace pickle

// A file of torch.save with this pickle and these storages, by their keys.
inline std::string torch_file(const std::string& pickle,
                              const std::vector<std::pair<std::string, std::string>>& storages) {
  std::vector<ZipMember> members = {{"model/data.pkl", pickle}};
  for (const auto& [key, bytes] : storages) members.push_back({"model/data/" + key, bytes});
  members.push_back({"model/version", "3\n"});
  return zip_file(members);
}

}  // namespace finemix::testing
