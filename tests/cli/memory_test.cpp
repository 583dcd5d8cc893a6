// --max-memory against what the process takes.
#include <sys/resource.h>

#include <cstddef>

#include "cli_test.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/safetensors_writer.h"

namespace finemix {
namespace {

class Memory : public CliTest {
 protected:
  static constexpr std::int64_t kRows = 500'000;
  static constexpr std::uint64_t kMegabyte = 1'000'000;

  // `bert` with so many word embeddings that it is larger than what mixing may take; `shift` is
  // added to them.
  void make_large(const std::string& name, float shift) const {
    const SafetensorsReader tiny(path("bert/model.safetensors"));
    std::vector<TensorBytes> tensors;
    std::vector<std::vector<std::byte>> values;
    values.reserve(tiny.tensors().size());
    std::vector<float> rows;
    for (const TensorInfo& info : tiny.tensors()) {
      if (!info.name.ends_with("word_embeddings.weight")) {
        std::vector<std::byte>& own = values.emplace_back(info.bytes);
        tiny.read(info, own);
        tensors.push_back({info.name, info.dtype, info.shape, own});
        continue;
      }
      rows.resize(static_cast<std::size_t>(kRows * info.shape[1]));
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = shift + static_cast<float>(i % 1009) / 1009;
      }
      tensors.push_back(
          {info.name, DType::kF32, {kRows, info.shape[1]}, std::as_bytes(std::span(rows))});
    }
    std::filesystem::copy(path("bert"), path(name));
    std::filesystem::remove(path(name + "/model.safetensors"));
    write_safetensors(path(name + "/model.safetensors"), tensors);
    Json config = read_json_file(path(name + "/config.json"));
    config["vocab_size"] = kRows;
    write_file(path(name + "/config.json"), json_text(config));
  }

  struct Measured {
    Outcome outcome;
    std::uint64_t bytes = 0;
  };
  Measured measure(const std::vector<std::string>& arguments) const {
    const pid_t child = start(arguments);
    int status = 0;
    rusage usage{};
    EXPECT_EQ(wait4(child, &status, 0, &usage), child);
    Measured measured{finish(child), static_cast<std::uint64_t>(usage.ru_maxrss) * 1024};
    measured.outcome.exit_code = exit_code_of(status);
    return measured;
  }

  // The number before "MB are needed".
  static std::uint64_t needed(const std::string& text) {
    const std::string before = "at least ";
    return std::stoull(text.substr(text.find(before) + before.size()));
  }

  static std::vector<std::string> mix(const std::string& output, const std::string& limit,
                                      const std::string& select) {
    return {"mix",  "--pretrained", "base", "--backdoored", "suspect", "--rho",  "0.3", "--select",
            select, "--max-memory", limit,  "--output",     output,    "--quiet"};
  }
};

TEST_F(Memory, MixingStaysWithinWhatItSaysItNeeds) {
  make_large("base", 0);
  make_large("suspect", 0.125F);
  for (const std::string select : {"random", "small-delta", "weight-average"}) {
    SCOPED_TRACE(select);
    const Outcome refused = run(mix("none", "20MB", select));
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_CONTAINS(refused.err, "--max-memory 20MB is too little: at least ");
    EXPECT_FALSE(std::filesystem::exists(path("none")));

    // What it needs differs by some pages from run to run.
    const std::uint64_t limit = needed(refused.err) + 1;
    const Measured small = measure(mix(select, std::to_string(limit) + "MB", select));
    EXPECT_EQ(small.outcome.exit_code, 0) << small.outcome.err;
    EXPECT_LE(small.bytes, limit * kMegabyte);
    ASSERT_EQ(run(mix(select + "-free", "0", select)).exit_code, 0);
    EXPECT_EQ(read_file(path(select + "/model.safetensors")),
              read_file(path(select + "-free/model.safetensors")));
  }
}

TEST_F(Memory, EpurNeedsItsTables) {
  make_large("base", 0);
  make_large("suspect", 0.125F);
  const Outcome refused = run({"epur", "--pretrained", "base", "--backdoored", "suspect",
                               "--max-memory", "150MB", "--output", "out"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_CONTAINS(refused.err, "--max-memory 150MB is too little");
  const std::uint64_t limit = needed(refused.err) + 1;
  const Measured run = measure({"epur", "--pretrained", "base", "--backdoored", "suspect",
                                "--max-memory", std::to_string(limit) + "MB", "--output", "out"});
  EXPECT_EQ(run.outcome.exit_code, 0) << run.outcome.err;
  EXPECT_LE(run.bytes, limit * kMegabyte);
}

TEST_F(Memory, ASizeIsANumberWithItsUnit) {
  const Outcome outcome = run({"mix", "--pretrained", "bert", "--backdoored", "bert", "--rho",
                               "0.5", "--max-memory", "lots"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "a size like 500MB or 2GB");
}

}  // namespace
}  // namespace finemix
