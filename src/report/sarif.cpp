#include "finemix/report/sarif.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string_view>

#include "finemix/core/quote.h"

namespace finemix {
namespace {

constexpr const char* kSchemaUri =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

// An id is its kind, and what is of that kind behind a slash.
bool is(const Check& check, std::string_view kind) { return check.id.starts_with(kind); }

bool is_rule(const Check& check) {
  return is(check, "verdict") || is(check, "evidence/") || is(check, "gate/");
}

const char* level(const Check& check) {
  if (check.noted) return "note";
  return is(check, "evidence/") ? "warning" : "error";
}

// "gate/min-acc" → "GateMinAcc"
std::string rule_name(const std::string& id) {
  std::string name;
  bool upper = true;
  for (const char c : id) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

Json text_of(const std::string& text) {
  // Newlines are text here.
  std::string shown;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    shown += (begin == 0 ? "" : "\n") + printable(line, line.size());
    begin = end + 1;
  }
  return {{"text", shown}};
}

Json rule(const Check& check) {
  Json rule = {{"id", check.id},
               {"name", rule_name(check.id)},
               {"shortDescription", text_of(check.title)},
               {"fullDescription", text_of(check.help.empty() ? check.title : check.help)},
               {"help", text_of(check.help.empty() ? check.title : check.help)},
               {"defaultConfiguration", {{"level", is(check, "evidence/") ? "warning" : "error"}}}};
  // What GitHub orders security findings by; a gate may be about accuracy alone.
  if (is(check, "verdict")) {
    rule["properties"] = {{"tags", {"security"}}, {"security-severity", "9.0"}};
  } else if (is(check, "evidence/")) {
    rule["properties"] = {{"tags", {"security"}}, {"security-severity", "6.0"}};
  }
  return rule;
}

// RFC 3986; an absolute path becomes one of the scheme file.
std::string uri(const std::string& path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x80 && std::isalnum(byte) != 0) ||
        std::string_view("-._~/").find(c) != std::string_view::npos) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string config_uri(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (directory.starts_with("./") && directory.size() > 2) directory.erase(0, 2);
  if (!directory.empty() && !directory.ends_with('/')) directory += '/';
  return uri(directory + "config.json");
}

Json result(const Checks& checks, const Check& check, std::size_t rule_index) {
  std::string message = check.says;
  for (const std::string& detail : check.details) message += "\n" + detail;
  Json properties = check.properties;
  if (!checks.model_sha256.empty()) properties["model_sha256"] = checks.model_sha256;
  Json location = {{"physicalLocation",
                    {{"artifactLocation", {{"uri", config_uri(checks.model)}, {"index", 0}}},
                     {"region", {{"startLine", 1}}}}}};
  return {{"ruleId", check.id},
          {"ruleIndex", rule_index},
          {"kind", "fail"},
          {"level", level(check)},
          {"message", text_of(message)},
          {"locations", Json::array({std::move(location)})},
          // The same finding in the same model, wherever and however often it is scanned.
          {"partialFingerprints", {{"finding/v1", checks.model_sha256 + ":" + check.id}}},
          {"properties", std::move(properties)}};
}

}  // namespace

Json sarif(const Checks& checks) {
  Json rules = Json::array();
  Json results = Json::array();
  for (const Check& check : checks.checks) {
    if (!is_rule(check)) continue;
    if (check.failed || check.noted) results.push_back(result(checks, check, rules.size()));
    rules.push_back(rule(check));
  }
  const bool finding = std::ranges::any_of(checks.checks, &Check::failed);
  Json invocation = {{"executionSuccessful", true}, {"exitCode", finding ? 1 : 0}};
  if (!checks.request.command.empty()) invocation["commandLine"] = checks.request.command;
  Json artifact = {{"location", {{"uri", config_uri(checks.model)}}},
                   {"roles", {"analysisTarget"}},
                   {"mimeType", "application/json"}};
  Json driver = {{"name", "finemix"}, {"version", checks.version}, {"rules", std::move(rules)}};
  Json run = {{"tool", {{"driver", std::move(driver)}}},
              {"automationDetails", {{"id", "finemix/" + checks.verb + "/"}}},
              {"invocations", Json::array({std::move(invocation)})},
              {"artifacts", Json::array({std::move(artifact)})},
              {"results", std::move(results)}};
  return {{"$schema", kSchemaUri}, {"version", "2.1.0"}, {"runs", Json::array({std::move(run)})}};
}

}  // namespace finemix
