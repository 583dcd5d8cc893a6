#include "finemix/record/inspection.h"

#include <nlohmann/json.hpp>

namespace finemix {
namespace {

Json files_json(const std::vector<InspectionRecord::File>& files) {
  Json json = Json::array();
  for (const auto& file : files) json.push_back({{"name", file.name}, {"bytes", file.bytes}});
  return json;
}

}  // namespace

Json to_json(const InspectionRecord& record) {
  Json model_config = Json::object();
  for (const auto& [key, value] : record.model_config) model_config[key] = value;
  Json tensors = Json::array();
  for (const auto& tensor : record.tensors) {
    tensors.push_back({{"name", tensor.name},
                       {"dtype", tensor.dtype},
                       {"shape", tensor.shape},
                       {"bytes", tensor.bytes}});
  }
  Json tokenizer = {
      {"files", files_json(record.tokenizer_files)},
      {"vocabulary_size", record.vocabulary_size ? Json(*record.vocabulary_size) : Json(nullptr)},
      {"error", record.tokenizer_error.empty() ? Json(nullptr) : Json(record.tokenizer_error)}};
  const Json model_error = record.model_error.empty() ? Json(nullptr) : Json(record.model_error);
  return {{"directory", record.directory},
          {"family", record.family},
          {"parameters", record.parameters},
          {"model_error", model_error},
          {"has_classifier", record.has_classifier},
          {"findings", record.findings},
          {"model_config", model_config},
          {"files", files_json(record.files)},
          {"tokenizer", tokenizer},
          {"tensors", tensors}};
}

}  // namespace finemix
