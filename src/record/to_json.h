#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "finemix/record/records.h"

namespace finemix {

// What the JSON of several records is made with.

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value ? Json(to_json(*value)) : Json(nullptr);
}

template <typename T>
Json list_json(const std::vector<T>& records) {
  Json json = Json::array();
  for (const T& record : records) json.push_back(to_json(record));
  return json;
}

// An E-PUR record without its rows.
Json epur_totals(const EpurRecord& record);

// The JSON of a record without what differs from run to run.
Json without_times(Json json);

}  // namespace finemix
