#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/parallel.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"

namespace finemix::testing {

// FNV-1a, 64 bits, over what scripts/oracle/tokenizer/make_expected_hashes.py hashes.
class Hash {
 public:
  void add_text(std::string_view text) {
    for (const char byte : text) add(static_cast<unsigned char>(byte));
    add(0xFF);
  }
  void add_encoding(const Encoding& encoding) {
    for (const std::int32_t id : encoding.ids) {
      for (int shift = 0; shift < 32; shift += 8) add(static_cast<unsigned>(id) >> shift & 0xFF);
    }
    for (const std::int32_t type_id : encoding.type_ids) add(static_cast<unsigned>(type_id));
    add(0xFF);
  }
  std::uint64_t value() const { return value_; }

 private:
  void add(unsigned byte) { value_ = (value_ ^ byte) * 0x100000001B3; }

  std::uint64_t value_ = 0xCBF29CE484222325;
};

// A file of tests/data/text: the hashes of the blocks of each named series.
inline std::map<std::string, std::vector<std::uint64_t>> read_expected_hashes(const char* name) {
  std::ifstream file(std::string(FINEMIX_TEST_DATA "/text/") + name);
  std::map<std::string, std::vector<std::uint64_t>> all;
  std::vector<std::uint64_t>* series = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(' ')) {
      series = &all[line];
      continue;
    }
    std::istringstream hashes(line);
    for (std::string hash; hashes >> hash;) series->push_back(std::stoull(hash, nullptr, 16));
  }
  return all;
}

// Compares the hash of each block; `hash_block` takes a block's number.
template <typename HashBlock>
void expect_hashes(const std::string& series, const std::vector<std::uint64_t>& expected,
                   const HashBlock& hash_block) {
  std::vector<std::uint64_t> found(expected.size());
  parallel_for(expected.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) found[i] = hash_block(i);
  });
  std::size_t differing = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (found[i] == expected[i]) continue;
    ++differing;
    ADD_FAILURE() << series << ": block " << i << " differs";
  }
  EXPECT_EQ(differing, 0u) << series << ", of " << expected.size() << " blocks";
}

// Those of a data file, in blocks of 1,000 examples; `series` is "FILE LENGTH".
inline void expect_hashes_of_data(const Tokenizer& tokenizer, const std::filesystem::path& shared,
                                  const std::string& series,
                                  const std::vector<std::uint64_t>& expected) {
  constexpr std::size_t kBlock = 1000;
  const std::size_t space = series.find(' ');
  const Dataset data = read_dataset(shared / series.substr(0, space), true);
  const std::size_t max_length = std::stoul(series.substr(space));
  ASSERT_EQ(expected.size(), (data.size() + kBlock - 1) / kBlock);
  expect_hashes(series, expected, [&](std::size_t block) {
    Hash hash;
    const std::size_t end = std::min((block + 1) * kBlock, data.size());
    for (std::size_t i = block * kBlock; i < end; ++i) {
      hash.add_encoding(tokenizer.encode(data.examples[i], max_length));
    }
    return hash.value();
  });
}

}  // namespace finemix::testing
