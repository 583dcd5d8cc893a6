#include "cli_test.h"

namespace finemix {
namespace {

class Output : public CliTest {
 protected:
  Json json(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = arguments;
    words.insert(words.end(), {"--json", "--quiet"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return Json::parse(outcome.out, nullptr, false);
  }

  // Everything that the program writes when all of it goes to a terminal.
  std::string on_terminal(const std::vector<std::string>& arguments, bool no_color) {
    int terminal = -1;
    const pid_t child = start_on_terminal(arguments, terminal, no_color);
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(terminal, buffer, sizeof buffer)) > 0;) {
      text.append(buffer, static_cast<std::size_t>(n));
    }
    close(terminal);
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(exit_code_of(status), 0) << text;
    return text;
  }

  const std::vector<std::string> eval_ = {
      "eval", "--model", "bert", "--data", "test.tsv", "--trigger", "great", "--max-length", "32"};
};

TEST_F(Output, EvalHasItsNames) {
  const Json record = json(eval_);
  EXPECT_EQ(record["accuracy"]["total"], 16);
  EXPECT_EQ(record["attack_success_rate"]["total"], 8);
  EXPECT_TRUE(record["trigger_effect"].is_number());
  EXPECT_EQ(record["config"]["model"], "bert");
}

TEST_F(Output, WhatIsNotKnownIsNull) {
  const Json record = json({"eval", "--model", "bert", "--data", "test.tsv", "--max-length", "32"});
  EXPECT_TRUE(record["attack_success_rate"].is_null());
  EXPECT_TRUE(record["trigger_effect"].is_null());
}

TEST_F(Output, PredictionsAreOneLineARow) {
  std::vector<std::string> words = eval_;
  words.insert(words.end(), {"--predictions", "p.jsonl"});
  json(words);
  std::ifstream lines(path("p.jsonl"));
  int rows = 0;
  for (std::string line; std::getline(lines, line); ++rows) {
    const Json row = Json::parse(line);
    EXPECT_EQ(row["logits"].size(), 2u);
    EXPECT_TRUE(row["label"] == 0 || row["label"] == 1);
  }
  EXPECT_EQ(rows, 16);
}

TEST_F(Output, TrainHasItsNamesAndWritesAModel) {
  const Json record = json({"train", "--pretrained", "bert", "--data", "train.tsv", "--output",
                            "model", "--max-length", "32", "--epochs", "2", "--batch-size", "8"});
  EXPECT_EQ(record["steps"], 4);
  EXPECT_TRUE(record["loss"].is_number());
  EXPECT_TRUE(record["seconds"].is_number());
  EXPECT_EQ(run({"inspect", "model"}).exit_code, 0);
}

TEST_F(Output, VerifyTellsWhetherAnOutputIsAsItWasWritten) {
  json({"mix", "--pretrained", "bert", "--backdoored", "bert", "--output", "mixed"});
  const Outcome whole = run({"verify", "mixed"});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
  EXPECT_CONTAINS(whole.out, "all as they were written");
  write_file(path("mixed/config.json"), "{}");
  const Outcome changed = run({"verify", "mixed"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_CONTAINS(changed.out, "config.json: has 2 bytes, expected ");
  EXPECT_CONTAINS(changed.out, "1 problem in ");
  EXPECT_EQ(run({"verify", "bert"}).exit_code, 3);
}

TEST_F(Output, MixTellsKeptAndTotal) {
  const Json record =
      json({"mix", "--pretrained", "bert", "--backdoored", "bert", "--rho", "0.25"});
  const double total = record["total"];
  EXPECT_EQ(record["kept"], std::llround(0.25 * total));
  EXPECT_FALSE(record["tensors"].empty());
}

TEST_F(Output, InspectTellsWhatIsUnusual) {
  std::string config = read_file(path("bert/config.json"));
  config.insert(1, R"("auto_map": {"AutoModel": "modeling.Evil"},)");
  write_file(path("bert/config.json"), config);
  write_file(path("bert/modeling.py"), "print('hello')");
  const Outcome outcome = run({"inspect", "bert"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_CONTAINS(outcome.out, "Unusual: config.json has auto_map");
  EXPECT_CONTAINS(outcome.out, "modeling.py");

  config.replace(config.find("\"bert\""), 6, "\"gpt2\"");
  write_file(path("bert/config.json"), config);
  const Outcome other = run({"inspect", "bert"});
  EXPECT_EQ(other.exit_code, 0);
  EXPECT_CONTAINS(other.out, "No model that finemix can run: ");
  EXPECT_CONTAINS(other.out, "expected one that this version runs: bert, roberta");
}

TEST_F(Output, EpurListsRowsHighestScoreFirst) {
  const Json rows = json({"epur", "--pretrained", "bert", "--backdoored", "bert"})["rows"];
  ASSERT_EQ(rows.size(), 175u);
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_GE(rows[i - 1]["score"], rows[i]["score"]);
}

TEST_F(Output, PurifyWritesTheReportThatItPrints) {
  const Json record = json({"purify",
                            "--pretrained",
                            "bert",
                            "--backdoored",
                            "bert",
                            "--clean-data",
                            "clean.tsv",
                            "--test-data",
                            "test.tsv",
                            "--trigger",
                            "great",
                            "--output",
                            "purified",
                            "--max-length",
                            "32",
                            "--epochs",
                            "2",
                            "--rho",
                            "auto",
                            "--rho-grid",
                            "0.2",
                            "0.8",
                            "--distill-texts",
                            "40"});
  EXPECT_EQ(record["schema"], "finemix.purify/1");
  EXPECT_EQ(record["rho_curve"].size(), 2u);
  EXPECT_EQ(record["epur_rows"].size(), 50u);
  EXPECT_EQ(record["before"]["accuracy"]["total"], 16);
  EXPECT_EQ(record["after"]["attack_success_rate"]["total"], 8);
  EXPECT_EQ(record["config"]["clean_data"], "clean.tsv");
  Json written = Json::parse(read_file(path("purified/report.json")));
  EXPECT_EQ(written["after"], record["after"]);
  EXPECT_EQ(written["config"], record["config"]);
  EXPECT_CONTAINS(record["command"].get<std::string>(), "finemix purify --pretrained bert ");
  EXPECT_EQ(run({"report", "purified", "--output", "again.html"}).exit_code, 0);
  EXPECT_EQ(read_file(path("again.html")), read_file(path("purified/report.html")));
  EXPECT_TRUE(std::filesystem::exists(path("purified/manifest.json")));
}

TEST_F(Output, TheRecordedCommandIsOneForAShell) {
  const std::string name = "it's\n\xFF";  // what a file's name may hold
  const Outcome outcome =
      run({"purify", "--pretrained", "bert", "--backdoored", "bert", "--clean-data", "clean.tsv",
           "--method", "none", "--trigger", "a b", "--output", name});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string command = Json::parse(read_file(path(name + "/report.json")))["command"];
  EXPECT_CONTAINS(command, " --trigger 'a b' --output $'it\\'s\\012\\377'");
}

TEST_F(Output, PurifyGivesTheSameBytesAgainFromItsConfig) {
  write_file(path("unlabelled.tsv"), "text\na great script\nhate this movie\na movie\n");
  for (const std::string method : {"distillation", "fine-mixing", "fine-mixing-sel"}) {
    std::vector<std::string> words = {
        "purify",       "--pretrained", "bert",  "--backdoored", "bert",     "--clean-data",
        "clean.tsv",    "--output",     "first", "--overwrite",  "--epochs", "1",
        "--max-length", "32",           "--rho", "0.5",          "--method", method};
    if (method == "distillation") {
      words.insert(words.end(), {"--unlabelled-data", "unlabelled.tsv"});
    }
    write_file(path("config.json"), json(words)["config"].dump());
    const Json again = json({"purify", "--config", "config.json", "--output", "second"});
    EXPECT_EQ(again["method"], method);
    EXPECT_EQ(read_file(path("first/model.safetensors")),
              read_file(path("second/model.safetensors")));
  }
}

TEST_F(Output, PurifyDoesWithoutLabels) {
  write_file(path("unlabelled.tsv"), "text\na great script\nhate this movie\na movie\n");
  const Json record = json({"purify", "--pretrained", "bert", "--backdoored", "bert",
                            "--unlabelled-data", "unlabelled.tsv", "--test-data", "test.tsv",
                            "--output", "purified", "--epochs", "1", "--max-length", "32"});
  EXPECT_EQ(record["method"], "distillation");
  EXPECT_FALSE(record["after"]["accuracy"].is_null());
  const auto has = [&](const char* name) {
    return std::ranges::any_of(record["inputs"],
                               [&](const Json& input) { return input["name"] == name; });
  };
  EXPECT_TRUE(has("unlabelled_data"));
  EXPECT_FALSE(has("clean_data"));
  EXPECT_TRUE(std::filesystem::exists(path("purified/model.safetensors")));
}

TEST_F(Output, PairsAreMadeOfSingleUnlabelledTexts) {
  write_file(path("unlabelled.tsv"), "text\na great script\nhate this movie\na movie\n");
  write_file(path("pairs.tsv"), "text_a\ttext_b\tlabel\na movie\tgreat\t0\nhate\tscript\t1\n");
  const Json record = json({"purify", "--pretrained", "bert", "--backdoored", "bert",
                            "--unlabelled-data", "unlabelled.tsv", "--test-data", "pairs.tsv",
                            "--output", "purified", "--epochs", "1", "--max-length", "32"});
  EXPECT_CONTAINS(record["notes"].dump(), "pairs were made of them");
}

TEST_F(Output, TokenizePrintsOneLineOfIdsARow) {
  const Outcome outcome = run({"tokenize", "--model", "bert", "--data", "test.tsv"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 16);
  EXPECT_EQ(outcome.out.find_first_not_of("0123456789 \n"), std::string::npos);
  EXPECT_LACKS(outcome.out, " \n");
  const Json ids = json({"tokenize", "--model", "bert", "--data", "test.tsv"})["ids"];
  EXPECT_EQ(ids.size(), 16u);
  EXPECT_EQ(std::to_string(ids[0][0].get<int>()), outcome.out.substr(0, outcome.out.find(' ')));
}

TEST_F(Output, InspectTellsTensorsAndTokenizer) {
  const Json record = json({"inspect", "bert"});
  EXPECT_EQ(record["model_config"]["model_type"], "bert");
  EXPECT_EQ(record["tokenizer"]["vocabulary_size"], 175);
  EXPECT_FALSE(record["tensors"].empty());
  EXPECT_EQ(record["family"], "bert");
  EXPECT_EQ(record["has_classifier"], true);
  EXPECT_GT(record["parameters"], 10000);
  EXPECT_TRUE(record["model_error"].is_null());
  EXPECT_TRUE(record["findings"].empty()) << record["findings"];
}

TEST_F(Output, AttackDataOnlyWritesTheFile) {
  const Json record = json({"attack", "--kind", "word", "--trigger", "cf", "--data", "train.tsv",
                            "--data-only", "--poison-rate", "0.5", "--output", "poisoned.tsv"});
  EXPECT_EQ(record["kind"], "word");
  EXPECT_EQ(record["triggers"], Json::array({"cf"}));
  EXPECT_EQ(record["poisoned_examples"], 4);
  EXPECT_CONTAINS(read_file(path("poisoned.tsv")), "cf");
}

TEST_F(Output, ResultsGoToStdoutAndTheLogToStderr) {
  const Outcome outcome = run(eval_);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_CONTAINS(outcome.out, "accuracy");
  EXPECT_LACKS(outcome.out, "info");
  EXPECT_CONTAINS(outcome.err, "info");
  EXPECT_LACKS(outcome.err, "\x1b");  // no bar, no colour: not a terminal
  EXPECT_LACKS(outcome.out, "\x1b");
}

TEST_F(Output, LogLevelSilencesTheLog) {
  std::vector<std::string> words = eval_;
  words.insert(words.end(), {"--log-level", "warn"});
  EXPECT_EQ(run(words).err, "");
}

TEST_F(Output, ATerminalGetsColourUnlessNoColorIsSet) {
  EXPECT_CONTAINS(on_terminal(eval_, false), "\x1b[1m");
  const std::string plain = on_terminal(eval_, true);
  EXPECT_CONTAINS(plain, "accuracy");
  EXPECT_LACKS(plain, "\x1b[1m");
  EXPECT_LACKS(plain, "\x1b[32m");
}

TEST_F(Output, AFullStdoutIsAnErrorOfTheDisk) {
  const pid_t child = fork();
  if (child == 0) {
    const int full = open("/dev/full", O_WRONLY);
    if (full < 0 || dup2(full, STDOUT_FILENO) < 0 || chdir(directory_.c_str()) != 0) _exit(126);
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, STDERR_FILENO);
    execute({"tokenize", "--model", "bert", "--data", "test.tsv"});
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(exit_code_of(status), 3);
}

TEST_F(Output, OverwriteReplacesAnOutput) {
  const std::vector<std::string> mix = {"mix",  "--pretrained", "bert",  "--backdoored",
                                        "bert", "--output",     "mixed", "--overwrite"};
  json(mix);
  write_file(path("mixed/model.safetensors"), "old");
  json(mix);
  EXPECT_NE(read_file(path("mixed/model.safetensors")), "old");
  write_file(path("mixed/notes.txt"), "mine");
  const Outcome outcome = run(mix);
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "'notes.txt'");
  EXPECT_EQ(read_file(path("mixed/notes.txt")), "mine");
}

}  // namespace
}  // namespace finemix
