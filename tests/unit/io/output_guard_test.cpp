#include "finemix/io/output_guard.h"

#include <gtest/gtest.h>

#include <vector>

#include "io_testing.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::TemporaryDirectory;
using testing::write_file;

class OutputGuard : public ::testing::Test {
 protected:
  OutputGuard() {
    fs::create_directory(directory_ / "model");
    write_file(directory_ / "model" / "weights", "weights");
    fs::create_directory(directory_ / "model" / "sub");
    fs::create_directory(directory_ / "data");
    write_file(directory_ / "data" / "clean.tsv", "text");
    fs::create_directory_symlink("model", directory_ / "link");
  }

  void expect_refused(const fs::path& output, const std::string& said) const {
    expect_error(ErrorKind::kUsage, {said, "inputs are never changed", "choose another name"},
                 [&] { check_apart(output, inputs_); });
  }

  TemporaryDirectory directory_;
  const std::vector<std::string> inputs_ = {"", (directory_ / "model").string(),
                                            (directory_ / "data" / "clean.tsv").string(),
                                            (directory_ / "missing").string()};
};

TEST_F(OutputGuard, RefusesWhatWouldChangeAnInput) {
  for (const char* output : {"model", "model/", "model/../model", "link", "data/clean.tsv"}) {
    expect_refused(directory_ / output, "is an input too");
  }
  expect_refused(directory_ / "data", "holds the input");
  for (const char* output : {"model/weights", "link/weights"}) {
    expect_refused(directory_ / output, "is a file of the input");
  }
}

TEST_F(OutputGuard, AllowsTheRest) {
  for (const char* output : {"new", "model2", "data/new", "data/clean.tsv.new", "missing",
                             "model/new", "model/new/deep", "model/sub", "link/new"}) {
    EXPECT_NO_THROW(check_apart(directory_ / output, inputs_)) << output;
  }
  EXPECT_NO_THROW(check_apart("", inputs_));
}

TEST_F(OutputGuard, RefusesOutputsThatAreInEachOthersWay) {
  const auto of = [&](const char* one, const char* other) {
    return std::vector<std::string>{"", (directory_ / one).string(), (directory_ / other).string()};
  };
  for (const char* same : {"new.xml", "model/../new.xml", "./new.xml"}) {
    expect_error(ErrorKind::kUsage, {"new.xml", "is asked for twice", "choose another name"},
                 [&] { check_distinct(of("new.xml", same)); });
  }
  expect_error(ErrorKind::kUsage, {"is asked for twice"},
               [&] { check_distinct(of("model/new", "link/new")); });
  expect_error(ErrorKind::kUsage, {"new/s.md", "lies in the output", "written as a whole"},
               [&] { check_distinct(of("new/s.md", "new")); });
  expect_error(ErrorKind::kUsage, {"lies in the output"},
               [&] { check_distinct(of("new", "new/s.md")); });
  EXPECT_NO_THROW(check_distinct(of("new.xml", "new")));
  EXPECT_NO_THROW(check_distinct(of("model/new", "new")));
  EXPECT_NO_THROW(check_distinct(std::vector<std::string>{"", "", ""}));
}

TEST_F(OutputGuard, KnowsPathsFromWhereItRuns) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_.path());
  const std::vector<std::string> here = {"."};
  expect_error(ErrorKind::kUsage, {"is a file of the input '.'"},
               [&] { check_apart("model/weights", here); });
  expect_error(ErrorKind::kUsage, {"is an input too"}, [&] { check_apart("model/..", here); });
  EXPECT_NO_THROW(check_apart("new", here));
  expect_refused("model", "is an input too");
  fs::current_path(before);
}

}  // namespace
}  // namespace finemix
