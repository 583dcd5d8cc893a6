#include "finemix/report/junit.h"

#include <algorithm>

#include "finemix/report/figures/svg.h"
#include "finemix/report/text.h"

namespace finemix {
namespace {

std::string attribute(const std::string& name, const std::string& value) {
  return " " + name + "=\"" + markup_escaped(value) + "\"";
}

std::string property(const std::string& name, const std::string& value) {
  if (value.empty()) return "";
  return "    <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

std::string lines_of(const Check& check) {
  std::string lines = markup_escaped(check.says) + "\n";
  for (const std::string& detail : check.details) lines += markup_escaped(detail) + "\n";
  return lines;
}

std::string testcase(const Checks& checks, const Check& check) {
  const std::string tag = check.failed ? "failure" : "system-out";
  const std::string attributes =
      check.failed ? attribute("type", check.id) + attribute("message", check.says) : "";
  return "  <testcase" + attribute("classname", "finemix." + checks.verb) +
         attribute("name", check.title) + attribute("time", "0") + ">\n    <" + tag + attributes +
         ">" + lines_of(check) + "</" + tag + ">\n  </testcase>\n";
}

}  // namespace

std::string junit(const Checks& checks) {
  const auto failed =
      static_cast<std::size_t>(std::ranges::count(checks.checks, true, &Check::failed));
  const std::string counts = attribute("tests", std::to_string(checks.checks.size())) +
                             attribute("failures", std::to_string(failed)) +
                             attribute("errors", "0") + attribute("time", fixed(checks.seconds, 3));
  const std::string name = attribute("name", "finemix " + checks.verb);
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + name + counts +
                     ">\n<testsuite" + name + counts + attribute("skipped", "0") +
                     ">\n  <properties>\n" + property("model", checks.model) +
                     property("model_sha256", checks.model_sha256) +
                     property("finemix", checks.version) +
                     property("command", checks.request.command) + "  </properties>\n";
  for (const Check& check : checks.checks) text += testcase(checks, check);
  return text + "</testsuite>\n</testsuites>\n";
}

}  // namespace finemix
