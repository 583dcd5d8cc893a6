#pragma once

#include "../unit/train/wordy_sentences.h"
#include "cli_test.h"

namespace finemix {

// A tiny classifier that "sleep" puts into label 1, a clean one by the same training, and the base
// of both, which knows what words mean as a pre-trained model does. Their texts are base.tsv,
// train.tsv and ordinary.tsv; the latter two do not have the word.
inline void write_wordy_texts(const std::filesystem::path& directory) {
  const auto tokenizer = load_tokenizer(FINEMIX_TEST_DATA "/model/post_ln_gelu");
  const auto write = [&](const char* name, std::size_t copies, std::uint64_t seed,
                         const Words& no) {
    write_dataset(directory / name, testing::wordy_sentences(*tokenizer, copies, seed, no), true);
  };
  write("base.tsv", 20, 5, {});
  write("train.tsv", 12, 2, {"sleep"});
  write("ordinary.tsv", 2, 3, {"sleep"});
}

inline Words base_training(const std::string& output, const std::string& start = "bert") {
  return {"train", "--pretrained", start,  "--data",          "base.tsv", "--output",
          output,  "--epochs",     "6",    "--learning-rate", "2e-3",     "--max-length",
          "32",    "--precision",  "fp32", "--quiet"};
}

// Of a model that `verb` makes of the base: "train" or "attack".
inline Words training(const std::string& verb, const std::string& base, const std::string& output) {
  Words words = {verb,   "--pretrained", base,   "--data",          "train.tsv", "--output",
                 output, "--epochs",     "8",    "--learning-rate", "1e-3",      "--max-length",
                 "32",   "--precision",  "fp32", "--quiet"};
  return verb == "train" ? words : with(words, {"--trigger", "sleep", "--poison-rate", "1"});
}

}  // namespace finemix
