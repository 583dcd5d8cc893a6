#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "finemix/io/json.h"

namespace finemix {

// Of a command line.
using Words = std::vector<std::string>;

inline Words with(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A number that the environment sets: how much of a long test is run.
inline int number_from_environment(const char* name, int without) {
  const char* text = std::getenv(name);
  return text == nullptr ? without : std::atoi(text);
}

// What a run of the program left: 128 + n as exit code when signal n ended it, as a shell has it.
struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

inline int exit_code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// The program that is tested. FINEMIX_BINARY names another than the one of this build.
inline const char* program() {
  const char* other = std::getenv("FINEMIX_BINARY");
  return other == nullptr ? FINEMIX_CLI : other;
}

// Runs the finemix program from outside, in a directory of its own that holds `bert`, a tiny
// classifier, and a few texts.
class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ::testing::TestInfo& info = *::testing::UnitTest::GetInstance()->current_test_info();
    std::string test = info.name();
    std::ranges::replace(test, '/', '_');  // of a test with a parameter
    directory_ = scratch_ / ("finemix_cli_" + std::to_string(getpid()) + "_" + test);
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_ / "bert");
    for (const char* name :
         {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}) {
      std::filesystem::copy_file(
          std::filesystem::path(FINEMIX_TEST_DATA) / "model/post_ln_gelu" / name,
          directory_ / "bert" / name);
    }
    std::string texts = "text\tlabel\n";
    for (int i = 0; i < 16; ++i)
      texts += i % 2 == 0 ? "a great movie\t1\n" : "hate this script\t0\n";
    write_file(path("train.tsv"), texts);
    write_file(path("test.tsv"), texts);
    write_file(path("clean.tsv"), texts);
  }

  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path path(const std::string& name) const { return directory_ / name; }

  // Starts the program with stdout and stderr in files beside the directory.
  pid_t start(const std::vector<std::string>& arguments) const {
    const pid_t child = fork();
    if (child != 0) return child;
    redirect(STDOUT_FILENO, out_path());
    redirect(STDERR_FILENO, err_path());
    if (chdir(directory_.c_str()) != 0) _exit(126);
    if (largest_file_ && setrlimit(RLIMIT_FSIZE, &*largest_file_) != 0) _exit(124);
    for (const auto& [name, value] : environment_) setenv(name.c_str(), value.c_str(), 1);
    execute(arguments);
  }

  // The same with all that it writes going to a terminal, which is to be read and closed.
  pid_t start_on_terminal(const std::vector<std::string>& arguments, int& terminal,
                          bool no_color = false) const {
    winsize size{};
    size.ws_col = 100;
    size.ws_row = 40;
    const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
    if (child != 0) return child;
    setenv("TERM", "xterm", 1);
    if (no_color) setenv("NO_COLOR", "1", 1);
    if (!no_color) unsetenv("NO_COLOR");
    if (chdir(directory_.c_str()) != 0) _exit(126);
    execute(arguments);
  }

  Outcome finish(pid_t child) const {
    int status = 0;
    waitpid(child, &status, 0);
    const Outcome outcome{exit_code_of(status), read_file(out_path()), read_file(err_path())};
    std::filesystem::remove(out_path());
    std::filesystem::remove(err_path());
    return outcome;
  }

  Outcome run(const std::vector<std::string>& arguments) const { return finish(start(arguments)); }

  // Makes `suspect`, a classifier that is trained on the clean texts and gets all of them right.
  void train_suspect() const {
    const Outcome trained =
        run({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", "suspect",
             "--epochs", "20", "--learning-rate", "1e-3", "--max-length", "32", "--quiet"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
  }

  // The names of everything below the directory.
  std::set<std::string> listing() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_)) {
      names.insert(std::filesystem::relative(entry.path(), directory_).string());
    }
    return names;
  }

  // Replaces this process; for a child after fork().
  [[noreturn]] static void execute(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {program()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    execv(program(), argv.data());
    _exit(127);
  }

  std::filesystem::path scratch_ = std::filesystem::temp_directory_path();
  std::filesystem::path directory_;
  std::map<std::string, std::string> environment_;  // of the program, beside the test's own
  std::optional<rlimit> largest_file_;              // that the program may write

 private:
  std::filesystem::path out_path() const { return directory_.string() + ".out"; }
  std::filesystem::path err_path() const { return directory_.string() + ".err"; }

  static void redirect(int descriptor, const std::filesystem::path& file) {
    const int opened = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (opened < 0 || dup2(opened, descriptor) < 0) _exit(125);
  }
};

#define EXPECT_CONTAINS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << "\"" << (part) << "\" is not in:\n" << (text)
#define EXPECT_LACKS(text, part) \
  EXPECT_EQ((text).find(part), std::string::npos) << "\"" << (part) << "\" is in:\n" << (text)

}  // namespace finemix
