#include <memory>
#include <nlohmann/json.hpp>

#include "finemix/core/error.h"
#include "finemix/io/checkpoint.h"
#include "finemix/record/inspection.h"
#include "finemix/report/summary.h"
#include "finemix/text/tokenizer.h"
#include "verb.h"

namespace finemix {
namespace {

std::vector<InspectionRecord::File> sizes(const std::vector<std::filesystem::path>& files) {
  std::vector<InspectionRecord::File> sized;
  for (const auto& file : files) {
    std::error_code unreadable;  // then its size is not to be had, and reads as the largest number
    sized.push_back({file.filename().string(), std::filesystem::file_size(file, unreadable)});
  }
  return sized;
}

InspectionRecord inspect(const std::string& location) {
  const Checkpoint checkpoint = Checkpoint::open(location);
  InspectionRecord record;
  record.directory = checkpoint.directory().string();
  const Json config = parse_json(checkpoint.config_text(), "config.json");
  for (const auto& [key, value] : config.items()) {
    if (value.is_string()) {
      record.model_config.emplace_back(key, value.get<std::string>());
    } else if (value.is_primitive()) {
      record.model_config.emplace_back(key, value.dump());
    }
  }
  record.files = sizes(checkpoint.files());
  record.tokenizer_files = sizes(tokenizer_files(checkpoint.directory()));
  try {
    record.vocabulary_size = load_tokenizer(checkpoint.directory())->vocabulary_size();
  } catch (const Error& error) {
    record.tokenizer_error = error.what();
  }
  for (const std::string& name : checkpoint.tensor_names()) {
    const TensorInfo& info = checkpoint.info(name);
    record.tensors.push_back({name, std::string(dtype_name(info.dtype)), info.shape, info.bytes});
  }
  return record;
}

}  // namespace

Verb inspect_verb() {
  auto directory = std::make_shared<std::string>();
  Verb verb{.name = "inspect",
            .summary = "Tell what is in a checkpoint",
            .details =
                "Its configuration, files, tokenizer and tensors, read as the other "
                "commands read them; nothing is computed.",
            .example = "finemix inspect suspect",
            .options = {},
            .run = {}};
  verb.options.group("Files");
  verb.options.positional("model", "DIR", directory.get(),
                          "a Hugging Face directory, or an id in the local hub cache");
  verb.options.require({"model"});

  verb.run = [directory](Console& console) {
    const InspectionRecord record = inspect(*directory);
    console.result(to_json(record), summary(record, console.color()));
  };
  return verb;
}

}  // namespace finemix
