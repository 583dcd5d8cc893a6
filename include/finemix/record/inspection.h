#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// What is in a model directory.
struct InspectionRecord {
  struct File {
    std::string name;
    std::uint64_t bytes = 0;
  };
  struct Tensor {
    std::string name;
    std::string dtype;  // "F32", as in the file
    std::vector<std::int64_t> shape;
    std::uint64_t bytes = 0;
  };

  std::string directory;
  std::string family;                 // model_type of config.json, "" where it names none
  std::uint64_t parameters = 0;       // of the classifier; 0 when finemix can't run the model …
  std::string model_error;            // … and this is why
  bool has_classifier = false;        // a head, not an encoder alone
  std::vector<std::string> findings;  // what is unusual, in words
  std::vector<std::pair<std::string, std::string>> model_config;  // plain values of config.json
  std::vector<File> files;                                        // weights and config.json
  std::vector<File> tokenizer_files;
  std::optional<std::uint64_t> vocabulary_size;  // null when there is no tokenizer that loads …
  std::string tokenizer_error;                   // … and this is why
  std::vector<Tensor> tensors;
};

Json to_json(const InspectionRecord& record);

}  // namespace finemix
