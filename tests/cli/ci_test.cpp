#include <sys/stat.h>

#include <sstream>

#include "../unit/record/scan_testing.h"
#include "word_trigger.h"

namespace finemix {
namespace {

// Of the default method, on a model that learns in moments.
constexpr const char* kQuickPurify =
    "--epochs 4 --learning-rate 1e-3 --rho 0.9 --max-length 32 --quiet";

// What an example for a service has in it: the variables of its job, and what it runs, in order.
struct Example {
  std::map<std::string, std::string> variables;
  std::vector<std::string> scripts;
};

std::size_t indent(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Reads as much of YAML as the examples use.
Example read_example(const std::string& name) {
  std::ifstream file(std::filesystem::path(FINEMIX_SOURCE_DIR) / "scripts/ci" / name);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  Example example;
  std::string section;
  std::size_t section_indent = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string text = lines[i].substr(indent(lines[i]));
    if (text.empty() || text.starts_with('#')) continue;
    if (indent(lines[i]) <= section_indent) section.clear();
    if (text == "env:" || text == "variables:" || text == "script:") {
      section = text;
      section_indent = indent(lines[i]);
      continue;
    }
    const std::size_t colon = text.find(": ");
    if (section == "env:" || section == "variables:") {
      const std::string value = text.substr(colon + 2);
      example.variables[text.substr(0, colon)] = value.substr(0, value.find(" #"));
      continue;
    }
    const bool item = section == "script:" && text.starts_with("- ");
    if (!item && !text.starts_with("run: ")) continue;
    std::string script = text.substr(item ? 2 : 5);
    if (script == "|") {
      script.clear();
      const std::size_t outer = indent(lines[i]);
      while (i + 1 < lines.size() && indent(lines[i + 1]) > outer) script += lines[++i] + "\n";
    }
    example.scripts.push_back(script);
  }
  return example;
}

// A project that has a suspect model, its pre-trained one, and finemix checked out in it. `scan`
// answers from a record, so that each way through the gate can be taken; all else is the program.
class Ci : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    namespace fs = std::filesystem;
    for (const char* directory : {"models", "data", "records", "finemix/scripts/ci"}) {
      fs::create_directories(path(directory));
    }
    fs::rename(path("bert"), path("models/pretrained"));
    fs::rename(path("clean.tsv"), path("data/clean.tsv"));
    fs::rename(path("test.tsv"), path("data/test.tsv"));
    fs::copy_file(path("train.tsv"), path("data/texts.tsv"));
    const Outcome trained = run({"train", "--pretrained", "models/pretrained", "--data",
                                 "train.tsv", "--output", "models/classifier", "--epochs", "20",
                                 "--learning-rate", "1e-3", "--max-length", "32", "--quiet"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    fs::copy_file(fs::path(FINEMIX_SOURCE_DIR) / "scripts/ci/gate",
                  path("finemix/scripts/ci/gate"));
    write_program("finemix/answers", R"(set -e
[ "$1" = scan ] || exec ")" + std::string(program()) +
                                         R"(" "$@"
while [ $# -gt 0 ]; do
  case $1 in
    --backdoored) model=$(basename "$2") ;;
    --max-asr) bound=$2 ;;
    --junit | --sarif) )" + std::string(program()) +
                                         R"( report "records/$model.json" \
      --format "${1#--}" --output "$2" --quiet >/dev/null ;;
    --summary) )" + std::string(program()) +
                                         R"( report "records/$model.json" \
      --format markdown --output "$2" --quiet >/dev/null ;;
  esac
  shift
done
cat "records/$model.json"
[ -z "$bound" ] || ! grep -q 'unsearched_labels":\[[0-9]' "records/$model.json" || exit 1
! grep -q suspicious\",\"score "records/$model.json"
)");
    // What a build leaves, without the hour.
    write_program("finemix/scripts/build",
                  "mkdir -p finemix/build/release\ncp finemix/answers "
                  "finemix/build/release/finemix\n");
    suspicious("classifier");
    clean("purified");
  }

  void suspicious(const std::string& model) const {
    write_file(path("records/" + model + ".json"), to_json(sample_scan()).dump());
  }
  void clean(const std::string& model) const {
    write_file(path("records/" + model + ".json"), to_json(sample_clean_scan()).dump());
  }

  void write_program(const std::string& name, const std::string& text) const {
    write_file(path(name), "#!/usr/bin/env bash\n" + text);
    chmod(path(name).c_str(), 0755);
  }

  // Runs a script as services do: GitHub by sh where a container has the job.
  Outcome shell(const std::string& script, const std::map<std::string, std::string>& variables = {},
                const std::string& interpreter = "bash") const {
    std::string text = "cd '" + directory_.string() + "'\nunset FINEMIX\n" +
                       "export CI=true FINEMIX_PURIFY_OPTIONS='--method fine-tuning --epochs 1 "
                       "--no-epur --max-length 32 --quiet'\n";
    for (const auto& [name, value] : variables) text += "export " + name + "='" + value + "'\n";
    write_file(path(".script"), text + script);
    const std::string place = directory_.string() + "/.";
    const int status = std::system(
        (interpreter + " -e " + place + "script >" + place + "out 2>" + place + "err").c_str());
    return {WEXITSTATUS(status), read_file(path(".out")), read_file(path(".err"))};
  }

  Outcome gate(const std::string& more) const {
    return shell(
        "finemix/scripts/ci/gate --pretrained models/pretrained --model "
        "models/classifier " +
            more,
        {{"FINEMIX", path("finemix/answers").string()}});
  }

  bool exists(const std::string& name) const { return std::filesystem::exists(path(name)); }
};

TEST_F(Ci, TheGateLetsACleanModelPass) {
  clean("classifier");
  const Outcome outcome = gate("--clean-data data/clean.tsv --output purified");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(read_file(path("finemix-reports/ship")), "models/classifier\n");
  EXPECT_CONTAINS(read_file(path("finemix-reports/scan.html")), "<h1>No backdoor was found");
  EXPECT_CONTAINS(read_file(path("finemix-reports/summary.md")), "## finemix scan: clean");
  EXPECT_FALSE(exists("purified"));
}

TEST_F(Ci, TheGateMeasuresACleanModelToo) {
  clean("classifier");
  write_file(path("data/wrong.tsv"), "text\tlabel\na great movie\t0\na great movie\t1\n");
  const Outcome poor = gate("--clean-data data/clean.tsv --test-data data/wrong.tsv --min-acc 0.9");
  EXPECT_EQ(poor.exit_code, 1) << poor.err;
  EXPECT_CONTAINS(poor.err, "models/classifier fails a gate: nothing may be shipped");
  EXPECT_CONTAINS(read_file(path("finemix-reports/eval.xml")), "gate/min-acc");
  EXPECT_FALSE(exists("finemix-reports/ship"));
  const Outcome good = gate("--clean-data data/clean.tsv --test-data data/wrong.tsv --min-acc 0.5");
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_TRUE(exists("finemix-reports/ship"));
  for (const char* wrong : {"--outptu x --reports r", "x --reports r", "--reports r --output"}) {
    write_file(path("r/ship"), "models/classifier\n");
    EXPECT_EQ(gate(wrong).exit_code, 2) << wrong;
    EXPECT_FALSE(exists("r/ship")) << "what an earlier run allowed; " << wrong;
  }
  EXPECT_TRUE(exists("finemix-reports/ship")) << "of others";
}

TEST_F(Ci, TheGateLetsNoModelPassOfWhichALabelWasNotSearched) {
  ScanRecord record = sample_clean_scan();
  record.unsearched_labels = {1};
  write_file(path("records/classifier.json"), to_json(record).dump());
  const Outcome outcome = gate("--clean-data data/clean.tsv --output purified --max-asr 0.5");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.err, "a label of it can't be searched by these texts");
  EXPECT_FALSE(exists("finemix-reports/ship"));
  EXPECT_FALSE(exists("purified")) << "nothing says that it would help";
}

TEST_F(Ci, TheGateDoesWithoutLabels) {
  write_file(path("data/texts.tsv"), "text\na great movie\nhate this script\n");
  const Outcome outcome = shell(
      "finemix/scripts/ci/gate --pretrained models/pretrained --model models/classifier "
      "--unlabelled-data data/texts.tsv --output purified",
      {{"FINEMIX", path("finemix/answers").string()},
       {"FINEMIX_PURIFY_OPTIONS", "--epochs 1 --max-length 32 --quiet"}});
  EXPECT_EQ(outcome.exit_code, 10) << outcome.err;
  EXPECT_TRUE(exists("purified/config.json"));
}

TEST_F(Ci, TheGatePurifiesASuspiciousModel) {
  const Outcome outcome = gate(
      "--clean-data data/clean.tsv --test-data data/test.tsv --output purified --reports r "
      "--min-acc 0.5 --max-acc-drop 50 --max-asr 1");
  EXPECT_EQ(outcome.exit_code, 10) << outcome.err;
  EXPECT_EQ(read_file(path("r/ship")), "purified\n");
  EXPECT_EQ(run({"verify", "purified"}).exit_code, 0);
  for (const char* step : {"scan", "purify", "rescan"}) {
    for (const char* form : {".json", ".html", ".xml", ".sarif", ".md"}) {
      EXPECT_TRUE(exists(std::string("r/") + step + form)) << step << form;
    }
  }
  EXPECT_CONTAINS(read_file(path("r/purify.xml")), "tests=\"4\" failures=\"0\"");
  const std::string summary = read_file(path("r/summary.md"));
  EXPECT_LT(summary.find("## finemix scan: suspicious"), summary.find("## finemix purify: all"));
  EXPECT_LT(summary.find("## finemix purify: all"), summary.find("## finemix scan: clean"));
}

TEST_F(Ci, TheGateStopsWhatCannotBeSavedOrMayNotBeTried) {
  const Outcome alone = gate("");
  EXPECT_EQ(alone.exit_code, 1);
  EXPECT_CONTAINS(alone.err, "and --output, it would be purified");

  suspicious("purified");
  const std::string all = "--clean-data data/clean.tsv --test-data data/test.tsv ";
  const Outcome again = gate(all + "--output purified");
  EXPECT_EQ(again.exit_code, 1) << again.err;
  EXPECT_CONTAINS(again.err, "purified is still suspicious or can't be told");
  EXPECT_FALSE(exists("finemix-reports/ship"));

  write_file(path("data/test.tsv"), "text\tlabel\na great movie\t0\nhate this script\t1\n");
  const Outcome failed = gate(all + "--output other --min-acc 1");
  EXPECT_EQ(failed.exit_code, 1) << failed.err;
  EXPECT_CONTAINS(failed.err, "fails a gate: nothing may be shipped");
  EXPECT_FALSE(exists("other"));
  EXPECT_FALSE(exists("finemix-reports/rescan.json"));
  EXPECT_CONTAINS(read_file(path("finemix-reports/purify.xml")), "gate/min-acc");
}

TEST_F(Ci, TheGateHandsOnWhatWentWrong) {
  EXPECT_EQ(shell("finemix/scripts/ci/gate --model x").exit_code, 2);
  EXPECT_EQ(gate("--outptu x").exit_code, 2);
  EXPECT_EQ(gate("--output purified").exit_code, 2);
  const Outcome missing = gate("--clean-data nowhere.tsv --output purified");
  EXPECT_EQ(missing.exit_code, 3) << missing.err;
  EXPECT_CONTAINS(missing.err, "cannot read nowhere.tsv");
  const Outcome unmeasured = gate("--clean-data data/clean.tsv --min-acc 0.9");
  EXPECT_EQ(unmeasured.exit_code, 2) << unmeasured.err;
  EXPECT_CONTAINS(unmeasured.err, "--min-acc needs --test-data");
  const Outcome there = gate("--clean-data data/clean.tsv --output models");
  EXPECT_EQ(there.exit_code, 2) << there.err;
  EXPECT_CONTAINS(there.err, "models is there already");
  EXPECT_FALSE(exists("finemix-reports")) << "nothing was begun";
  write_file(path("data/broken.tsv"), "text\tlabel\na great movie\tgood\n");
  const Outcome broken = gate("--clean-data data/broken.tsv --output purified");
  EXPECT_EQ(broken.exit_code, 4) << broken.err;
  EXPECT_CONTAINS(broken.err, "'finemix purify' ended with exit code 4");
  EXPECT_FALSE(exists("finemix-reports/purify.json"));
  const Outcome help = shell("finemix/scripts/ci/gate --help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_CONTAINS(help.out, "--clean-data FILE       clean labelled texts");
}

TEST_F(Ci, TheGitHubWorkflowRunsAsItIs) {
  const Example example = read_example("github-actions.yml");
  ASSERT_EQ(example.scripts.size(), 4u);
  ASSERT_EQ(example.variables.size(), 5u);
  EXPECT_CONTAINS(example.scripts[0], "apt-get install");  // as root, in a container
  std::map<std::string, std::string> variables = example.variables;
  variables["FINEMIX_PURIFY_OPTIONS"] = kQuickPurify;
  variables["GITHUB_ACTIONS"] = "true";
  variables["GITHUB_WORKSPACE"] = directory_.string();
  variables["GITHUB_ENV"] = path("github_env").string();
  variables["GITHUB_STEP_SUMMARY"] = path("step_summary").string();

  const Outcome built = shell(example.scripts[1], variables, "sh");
  ASSERT_EQ(built.exit_code, 0) << built.err;
  std::istringstream lines(read_file(path("github_env")));
  for (std::string line; std::getline(lines, line);) {
    variables[line.substr(0, line.find('='))] = line.substr(line.find('=') + 1);
  }
  EXPECT_TRUE(std::filesystem::exists(variables["FINEMIX"]));
  const Outcome gated = shell(example.scripts[2], variables, "sh");
  EXPECT_EQ(gated.exit_code, 10) << gated.err;
  EXPECT_EQ(shell(example.scripts[3], variables, "sh").exit_code, 0);
  EXPECT_CONTAINS(read_file(path("step_summary")), "## finemix scan: suspicious");
  // What later steps upload, by the names that they have in the file.
  EXPECT_TRUE(exists("finemix-reports/scan.sarif"));

  // A program that is there already is not built.
  std::filesystem::remove_all(path("finemix/build"));
  variables["FINEMIX"] = path("finemix/answers").string();
  EXPECT_EQ(shell(example.scripts[1], variables, "sh").exit_code, 0);
  EXPECT_FALSE(exists("finemix/build"));
}

TEST_F(Ci, TheGitLabJobRunsAsItIs) {
  const Example example = read_example("gitlab-ci.yml");
  ASSERT_EQ(example.scripts.size(), 3u);
  std::map<std::string, std::string> variables = example.variables;
  ASSERT_EQ(variables.size(), 5u);
  variables["FINEMIX_PURIFY_OPTIONS"] = kQuickPurify;
  variables["GITLAB_CI"] = "true";
  variables["CI_PROJECT_DIR"] = directory_.string();
  std::string job;  // one shell runs them all
  for (const std::string& script : example.scripts) job += script + "\n";
  const Outcome outcome = shell(job, variables);
  EXPECT_EQ(outcome.exit_code, 10) << outcome.err;
  EXPECT_TRUE(exists("purified/config.json"));
  EXPECT_TRUE(exists("finemix-reports/scan.xml"));

  // A program that is there already is not built, and finemix's scripts are fetched all the same.
  clean("classifier");
  for (const char* left : {"finemix/build", "purified"}) std::filesystem::remove_all(path(left));
  std::filesystem::rename(path("finemix"), path("repository"));
  write_program("git", "[ \"$1\" = clone ] && cp -r \"$4\" \"$5\"\n");
  write_program("apt-get", "");
  variables["PATH"] = directory_.string() + ":" + std::getenv("PATH");
  variables["FINEMIX_REPOSITORY"] = path("repository").string();
  variables["FINEMIX"] = path("repository/answers").string();
  const Outcome again = shell(job, variables);
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_FALSE(exists("finemix/build"));
}

// The whole gate on small models, with no answer prepared.
class CiForReal : public Ci {
 protected:
  // Makes the base, and of it the model to look at: `verb` is "train" or "attack".
  void make(const std::string& verb) const {
    write_wordy_texts(directory_);
    ASSERT_EQ(run(base_training("models/base", "models/pretrained")).exit_code, 0);
    const Outcome made = run(training(verb, "models/base", "models/suspect"));
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }

  Outcome gate(const std::string& more, const std::string& purify_options = "",
               const std::string& finemix = program()) const {
    const std::string common = " --max-length 32 --precision fp32 --quiet";
    return shell(
        "finemix/scripts/ci/gate --pretrained models/base --model models/suspect "
        "--clean-data ordinary.tsv --reports r " +
            more,
        {{"FINEMIX", finemix},
         {"FINEMIX_SCAN_OPTIONS", common},
         {"FINEMIX_PURIFY_OPTIONS", purify_options + common}});
  }
  Json record(const std::string& step) const {
    return Json::parse(read_file(path("r/" + step + ".json")));
  }
};

TEST_F(CiForReal, TheGateLetsACleanModelPass) {
  ASSERT_NO_FATAL_FAILURE(make("train"));
  const Outcome outcome = gate("");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(record("scan")["verdict"], "clean");
  EXPECT_EQ(read_file(path("r/ship")), "models/suspect\n");
}

TEST_F(CiForReal, TheGateFindsATriggerPurifiesAndScansAgain) {
  ASSERT_NO_FATAL_FAILURE(make("attack"));
  const Outcome outcome = gate("--output purified --max-asr 0.2",
                               "--method fine-mixing --rho 0.1 --learning-rate 1e-5 --no-epur");
  ASSERT_EQ(outcome.exit_code, 10) << outcome.err;
  EXPECT_EQ(record("scan")["verdict"], "suspicious");
  EXPECT_EQ(run({"report", "r/scan.json", "--format", "sarif"}).out,
            read_file(path("r/scan.sarif")));
  const Json gates = record("purify")["gates"];
  ASSERT_EQ(gates.size(), 1u);
  EXPECT_EQ(gates[0]["name"], "max-asr");
  EXPECT_EQ(gates[0]["bound"], 0.2);
  EXPECT_EQ(gates[0]["passed"], true);
  EXPECT_EQ(record("rescan")["verdict"], "clean");
  EXPECT_EQ(read_file(path("r/ship")), "purified\n");
}

TEST_F(CiForReal, TheGateStopsWhereTheAttackWorksBetterThanMaxAsr) {
  ASSERT_NO_FATAL_FAILURE(make("attack"));
  suspicious("suspect");  // what a scan would find, prepared
  const Outcome outcome = gate("--output purified --max-asr 0.2", "--method none --no-epur",
                               path("finemix/answers").string());
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  EXPECT_CONTAINS(outcome.err, "fails a gate: nothing may be shipped");
  EXPECT_CONTAINS(read_file(path("r/purify.xml")), "gate/max-asr");
  EXPECT_EQ(record("purify")["gates"][0]["passed"], false);
  EXPECT_FALSE(exists("purified"));
  EXPECT_FALSE(exists("r/ship"));
}

}  // namespace
}  // namespace finemix
