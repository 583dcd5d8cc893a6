#include "finemix/report/junit.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "../record/scan_testing.h"
#include "markup_testing.h"

namespace finemix {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Whether xmllint finds the text to be what Jenkins's schema asks for.
bool is_valid(const std::string& xml) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("finemix_junit_" + std::to_string(getpid()));
  std::ofstream(file) << xml;
  const std::string schema = std::string(FINEMIX_TEST_DATA) + "/report/junit-10.xsd";
  const int status = std::system(
      ("xmllint --noout --nonet --schema '" + schema + "' '" + file.string() + "' 2>/dev/null")
          .c_str());
  std::filesystem::remove(file);
  EXPECT_NE(WEXITSTATUS(status), 127) << "xmllint is missing: scripts/bootstrap installs it";
  return status == 0;
}

TEST(Junit, IsWhatTheSchemaAsksFor) {
  for (const Checks& checks :
       {checks_of(sample_scan()), checks_of(sample_clean_scan()), checks_of(ScanRecord{}),
        checks_of(sample_purification()), checks_of(EvaluationRecord{}, {}, "model", {})}) {
    EXPECT_TRUE(is_valid(junit(checks))) << junit(checks);
    EXPECT_EQ(markup_problem(junit(checks)), "");
  }
  std::string wrong = junit(checks_of(sample_scan()));
  wrong.replace(wrong.find("classname"), 9, "klassname");
  EXPECT_FALSE(is_valid(wrong));
}

TEST(Junit, HasACaseForEachCheck) {
  const std::string text = junit(checks_of(sample_scan()));
  for (const char* part :
       {"<testsuite name=\"finemix scan\" tests=\"5\" failures=\"4\" errors=\"0\" time=\"13.000\"",
        "<property name=\"model\" value=\"suspect\"/>",
        "<property name=\"model_sha256\" value=\"cd34\"/>",
        "<testcase classname=\"finemix.scan\" name=\"Words that flip answers\" time=\"0\">",
        "<failure type=\"evidence/trigger-search\" message=\"‘cf’ moves 31 of 32 texts to label "
        "1\">",
        "name=\"Where the weights moved\" time=\"0\">\n    <system-out>",
        "<failure type=\"gate/max-asr\" message=\"estimated attack success is 96.9 % "}) {
    EXPECT_TRUE(contains(text, part)) << part << "\n" << text;
  }
}

TEST(Junit, FailsNothingThatIsNoFinding) {
  ScanRecord record = sample_clean_scan();
  record.evidence = {{"tokenizer", 0.3, 0.5, false, {"only the suspect calls ‘cf’ special"}}};
  const std::string text = junit(checks_of(record));
  EXPECT_TRUE(contains(text, "failures=\"0\""));
  EXPECT_FALSE(contains(text, "<failure"));
  EXPECT_TRUE(contains(text, "By itself that is no sign of a backdoor."));
}

TEST(Junit, OfARunWithoutGatesHasACase) {
  const std::string text = junit(checks_of(PurifyRecord{}));
  EXPECT_TRUE(contains(text, "tests=\"1\" failures=\"0\""));
  EXPECT_TRUE(contains(text, "name=\"The model was purified\""));
}

TEST(Junit, LetsNoTextOfARecordBecomeMarkup) {
  ScanRecord record = sample_scan();
  const std::string evil = "</failure>\"&\x01\x1b[2J\xff\xef\xbf\xbe\xef\xbf\xbf";
  record.evidence[0].findings = {evil, evil};
  record.triggers[0].text = evil;
  record.request.command = record.inputs[1].path = evil;
  const std::string text = junit(checks_of(record));
  EXPECT_EQ(markup_problem(text), "");
  EXPECT_TRUE(is_valid(text)) << text;
}

}  // namespace
}  // namespace finemix
