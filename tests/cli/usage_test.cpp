#include "cli_test.h"
#include "finemix/record/version.h"

namespace finemix {
namespace {

using Usage = CliTest;

const std::vector<std::string> kVerbs = {"purify", "epur",     "mix",     "train",  "eval",
                                         "attack", "tokenize", "inspect", "verify", "demo"};

TEST_F(Usage, VersionIsOneLine) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, "finemix " + std::string(kVersion) + "\n");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Usage, HelpNamesEveryCommand) {
  const Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.exit_code, 0);
  for (const std::string& verb : kVerbs) EXPECT_CONTAINS(outcome.out, "\n  " + verb + " ");
  EXPECT_EQ(outcome.err, "");
}

TEST_F(Usage, EveryCommandHasHelpWithAnExample) {
  for (const std::string& verb : kVerbs) {
    const Outcome outcome = run({verb, "--help"});
    EXPECT_EQ(outcome.exit_code, 0) << verb;
    EXPECT_CONTAINS(outcome.out, "Example\n  finemix " + verb + " ");
    EXPECT_CONTAINS(outcome.out, "--config FILE");
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(Usage, HelpTellsDefaultsAndWhatIsRequired) {
  const std::string help = run({"train", "--help"}).out;
  EXPECT_CONTAINS(help, "Usage: finemix train --pretrained DIR --data FILE --output DIR [OPTIONS]");
  EXPECT_CONTAINS(help, "passes over the data [default 3]");
  EXPECT_CONTAINS(help, "[default 0.1]");
}

TEST_F(Usage, NoCommandIsAnError) {
  const Outcome outcome = run({});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "finemix: error: a command is missing\nSee finemix --help\n");
}

TEST_F(Usage, AMistypedCommandFindsItsNearest) {
  const Outcome outcome = run({"pruify"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.err,
            "finemix: error: unknown command 'pruify'; did you mean purify?\nSee finemix --help\n");
}

TEST_F(Usage, WhatIsNearNothingGetsNoAdvice) {
  EXPECT_LACKS(run({"xylophone"}).err, "did you mean");
}

TEST_F(Usage, AMistypedFlagFindsItsNearest) {
  for (const auto& [wrong, right] :
       std::vector<std::pair<std::string, std::string>>{{"--clen-data", "--clean-data"},
                                                        {"--batchsize=3", "--batch-size"},
                                                        {"--rhho", "--rho"},
                                                        {"--cofnig", "--config"}}) {
    const Outcome outcome = run({"purify", wrong, "3"});
    EXPECT_EQ(outcome.exit_code, 2) << wrong;
    EXPECT_CONTAINS(outcome.err, "did you mean " + right + "?\nSee finemix purify --help\n");
    EXPECT_EQ(outcome.out, "");
  }
}

TEST_F(Usage, AnArgumentTooManyIsAnError) {
  const Outcome outcome = run({"inspect", "bert", "other"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "unexpected argument 'other'");
}

TEST_F(Usage, AFlagWithoutItsValueIsAnError) {
  const Outcome outcome = run({"train", "--data"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "--data");
}

TEST_F(Usage, WhatIsRequiredIsNamed) {
  const Outcome outcome = run({"purify", "--pretrained", "bert", "--backdoored", "bert"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "finemix purify: error: --output DIR is missing: ");
  EXPECT_CONTAINS(run({"inspect"}).err, "DIR is missing: ");
}

TEST_F(Usage, ValuesOutOfRangeSayWhatWasFoundAndExpected) {
  const std::vector<std::vector<std::string>> cases = {
      {"--epochs", "0", "found 0, expected an integer from 1 to 1000000"},
      {"--epochs", "two", "found \"two\", expected an integer"},
      {"--epochs", "2.5", "found 2.5, expected an integer"},
      {"--epochs", "99999999999999999999", "expected an integer"},
      {"--learning-rate", "-1", "found -1, expected a number from 0 to 10"},
      {"--learning-rate", "nan", "expected a number"},
      {"--precision", "fp23", "expected auto, fp32 or bf16; did you mean fp32?"},
      {"--seed", "-1", "found -1, expected an integer from 0"},
  };
  for (const auto& words : cases) {
    const Outcome outcome = run({"train", words[0], words[1]});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_CONTAINS(outcome.err, "finemix train: error: " + words[0] + ": ");
    EXPECT_CONTAINS(outcome.err, words[2]);
  }
}

TEST_F(Usage, BracketsAreTextAsInAConfigFile) {
  const auto config = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"eval", "--model", "bert", "--data", "test.tsv", "--json"});
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out)["config"];
  };
  EXPECT_EQ(config({"--trigger", "[sleep,movie]", "[", "[]"})["trigger"],
            (Json{"[sleep,movie]", "[", "[]"}));
  EXPECT_EQ(config({"--trigger=[sleep, movie]"})["trigger"], Json{"[sleep, movie]"});
  EXPECT_EQ(config({"--trigger-sentence", "[see the film, please]"})["trigger_sentence"],
            "[see the film, please]");
}

TEST_F(Usage, AFlagGivenTwiceIsAnError) {
  const Outcome outcome = run({"purify", "--rho", "0.1", "--rho", "0.2"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "--rho is given 2 times, expected once");
}

TEST_F(Usage, InputsAreNoOutputs) {
  const auto refused = [&](const std::vector<std::string>& words) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 2) << words[0];
    EXPECT_CONTAINS(outcome.err, "inputs are never changed");
  };
  const std::string bert = read_file(path("bert/model.safetensors"));
  refused(
      {"mix", "--pretrained", "bert", "--backdoored", "bert", "--output", "bert", "--overwrite"});
  refused({"train", "--pretrained", "bert", "--data", "train.tsv", "--output", ".", "--overwrite"});
  refused({"purify", "--pretrained", "bert", "--backdoored", "bert", "--clean-data", "clean.tsv",
           "--output", "./bert/", "--overwrite"});
  refused({"attack", "--kind", "word", "--model", "bert", "--data", "train.tsv", "--output", "bert",
           "--overwrite"});
  refused({"attack", "--kind", "word", "--data", "train.tsv", "--data-only", "--output",
           "train.tsv", "--overwrite"});
  refused({"eval", "--model", "bert", "--data", "test.tsv", "--predictions", "test.tsv",
           "--overwrite"});
  refused({"compare", "--pretrained", "bert", "--backdoored", "bert", "--clean-data", "clean.tsv",
           "--test-data", "test.tsv", "--output", "bert"});
  refused({"sweep", "--pretrained", "bert", "--tasks", "generated", "--attacks", "word",
           "--methods", "none", "--output", "./bert"});
  EXPECT_EQ(read_file(path("bert/model.safetensors")), bert);
}

TEST_F(Usage, RhoIsANumberOrAuto) {
  for (const std::string wrong : {"1.5", "-0.1", "automatic"}) {
    const Outcome outcome = run({"purify", "--rho", wrong});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_CONTAINS(outcome.err, "--rho: found ");
    EXPECT_CONTAINS(outcome.err, "expected a number from 0 to 1, or auto");
  }
}

TEST_F(Usage, OnlyOneWayToNameTheAttack) {
  const Outcome outcome = run({"eval", "--model", "bert", "--data", "test.tsv", "--trigger", "cf",
                               "--trigger-sentence", "I saw it ."});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "only one of --trigger and --trigger-sentence can be given");
}

TEST_F(Usage, AttackNeedsExactlyOneStart) {
  const std::vector<std::string> common = {"attack", "--data", "train.tsv", "--output", "suspect"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    return run(more);
  };
  EXPECT_EQ(with({}).exit_code, 2);
  EXPECT_CONTAINS(with({}).err, "exactly one of --pretrained");
  EXPECT_EQ(with({"--pretrained", "bert", "--model", "bert"}).exit_code, 2);
  EXPECT_EQ(with({"--data-only", "--model", "bert"}).exit_code, 2);
}

TEST_F(Usage, HostileNamesDoNotReachTheTerminal) {
  const Outcome outcome = run({"train", "--\x1b[2J"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_LACKS(outcome.err, "\x1b");
}

class Config : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    write_file(path("config.json"),
               R"({"model": "bert", "data": "test.tsv", "max_length": 16, "json": true})");
  }
};

TEST_F(Config, HasTheSameKeysAsTheFlags) {
  const Outcome outcome = run({"eval", "--config", "config.json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["config"]["max_length"], 16);
}

TEST_F(Config, FlagsWin) {
  const Outcome outcome = run({"eval", "--config", "config.json", "--max-length", "8"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(Json::parse(outcome.out)["config"]["max_length"], 8);
}

TEST_F(Config, TheEffectiveOneGivesTheSameRunAgain) {
  const Outcome first = run({"eval", "--config", "config.json", "--trigger", "great"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  Json record = Json::parse(first.out);
  write_file(path("effective.json"), record["config"].dump());
  const Outcome second = run({"eval", "--config", "effective.json"});
  ASSERT_EQ(second.exit_code, 0) << second.err;
  Json again = Json::parse(second.out);
  record.erase("seconds");
  again.erase("seconds");
  EXPECT_EQ(again, record);
}

TEST_F(Config, UnknownKeysFailWithTheNearest) {
  write_file(path("config.json"), R"({"model": "bert", "max_lenght": 16})");
  const Outcome outcome = run({"eval", "--config", "config.json"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "config.json: unknown key \"max_lenght\"; did you mean max_length?");
}

TEST_F(Config, ValuesAreCheckedAsFlagsAre) {
  write_file(path("config.json"), R"({"model": "bert", "max_length": "16"})");
  const Outcome outcome = run({"eval", "--config", "config.json"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "config.json: max_length: found \"16\", expected an integer");
}

TEST_F(Config, HasToBeAJsonObject) {
  EXPECT_EQ(run({"eval", "--config", "missing.json"}).exit_code, 3);
  write_file(path("config.json"), "[1]");
  EXPECT_EQ(run({"eval", "--config", "config.json"}).exit_code, 4);
  write_file(path("config.json"), "{\"model\": ");
  EXPECT_EQ(run({"eval", "--config", "config.json"}).exit_code, 4);
}

TEST_F(Config, AttackKindBringsItsTrainingAndFlagsOverrideIt) {
  const auto config = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"attack", "--data", "train.tsv", "--output", "out.tsv",
                               "--data-only", "--overwrite", "--json"});
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out)["config"];
  };
  EXPECT_EQ(config({"--kind", "ep"})["learning_rate"], 0.05);
  EXPECT_EQ(config({"--kind", "word"})["learning_rate"], 5e-5);
  EXPECT_EQ(config({"--learning-rate", "0.25", "--kind", "ep"})["learning_rate"], 0.25);
}

TEST_F(Config, PurifyMethodBringsItsRhoAndTrainingAndFlagsOverrideIt) {
  const auto config = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"purify", "--pretrained", "bert", "--backdoored", "bert",
                               "--clean-data", "clean.tsv", "--output", "out", "--overwrite",
                               "--json", "--distill-texts", "16", "--max-length", "32"});
    const Outcome outcome = run(more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out)["config"];
  };
  const Json plain = config({});
  EXPECT_EQ(plain["method"], "distillation");
  EXPECT_EQ(plain["epochs"], 2);
  EXPECT_EQ(plain["rho"], 0.1);
  EXPECT_EQ(config({"--rho", "0.5"})["rho"], 0.5);
  const Json paper = config({"--method", "fine-mixing", "--rho-grid", "0.5"});
  EXPECT_EQ(paper["epochs"], 30);
  EXPECT_EQ(paper["rho"], "auto");
  EXPECT_EQ(config({"--epochs", "3", "--rho", "0.5", "--method", "fine-mixing"})["epochs"], 3);
}

TEST_F(Usage, ARhoGridThatIsNotUsedIsToldOf) {
  const Outcome outcome =
      run({"purify", "--pretrained", "bert", "--backdoored", "bert", "--clean-data", "clean.tsv",
           "--output", "out", "--max-length", "32", "--distill-texts", "16", "--rho-grid", "0.5"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_CONTAINS(outcome.err, "--rho-grid is not used: only --rho auto tries several");
}

TEST_F(Usage, TextsAreCutToTheModelsPositionsAndItIsSaid) {
  const Outcome outcome = run({"eval", "--model", "bert", "--data", "test.tsv"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_CONTAINS(outcome.err, "texts are cut to 64 word pieces: the model has no more positions");
}

TEST_F(Usage, UnlabelledTextsAreForDistillation) {
  const Outcome outcome =
      run({"purify", "--pretrained", "bert", "--backdoored", "bert", "--clean-data", "clean.tsv",
           "--output", "out", "--method", "fine-mixing", "--unlabelled-data", "test.tsv"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "--unlabelled-data is of no use to --method fine-mixing");
}

TEST_F(Usage, WhatNeedsLabelsSaysSoWhereThereAreNone) {
  const auto purify = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"purify", "--pretrained", "bert", "--backdoored",
                                      "bert",   "--output",     "out"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    return outcome.err;
  };
  EXPECT_CONTAINS(purify({}),
                  "--clean-data is missing: give labelled texts, or any ordinary ones by "
                  "--unlabelled-data to do without labels");
  EXPECT_CONTAINS(
      purify({"--unlabelled-data", "test.tsv", "--rho", "auto"}),
      "--rho auto chooses by accuracy on labelled texts: give --clean-data, or --rho R");
  EXPECT_CONTAINS(purify({"--unlabelled-data", "test.tsv", "--clean-size", "4"}),
                  "--clean-size draws from --clean-data, which is missing");
}

}  // namespace
}  // namespace finemix
