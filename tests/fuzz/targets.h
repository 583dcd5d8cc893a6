// The readers of files from strangers, each as a function of some bytes: what libFuzzer calls
// (libfuzzer.cpp) and what an ordinary test runs over the seeds (replay_test.cpp).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/io/io_testing.h"

namespace finemix::fuzz {

struct Target {
  std::string_view name;
  // How the paths of the files end that it begins with, below tests/hostile and tests/data.
  std::string_view seeds;
  // Reads `bytes`, which may have to be a file in `directory`, and what was made of them. Throws
  // Error when they are refused; any other exception is a bug.
  void (*read)(const std::filesystem::path& directory, std::string_view bytes);
  // One more seed: what it accepts.
  std::string example;
  // What of such a file is a seed.
  std::string (*cut)(const std::filesystem::path& file) = testing::read_file;
};

struct Seed {
  std::string name;
  std::string bytes;
};

std::span<const Target> targets();

// In the order of their names, the example first.
std::vector<Seed> seeds(const Target& target);

// Whether the target accepts the bytes. Throws std::logic_error when it refuses them as anything
// but a fault of the input.
bool accepts(const Target& target, const std::filesystem::path& directory, std::string_view bytes);

}  // namespace finemix::fuzz
