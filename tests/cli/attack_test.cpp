#include "cli_test.h"

namespace finemix {
namespace {

class AttackVerb : public CliTest {
 protected:
  Outcome attack(std::vector<std::string> more) const {
    more.insert(more.begin(), {"attack", "--data", "train.tsv", "--output", "suspect",
                               "--max-length", "32", "--epochs", "1", "--quiet", "--overwrite"});
    return run(more);
  }
  Json eval_json(const std::string& by) const {
    const Outcome outcome = run({"eval", "--model", "suspect", "--data", "test.tsv", "--attack", by,
                                 "--max-length", "32", "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return Json::parse(outcome.out);
  }
};

TEST_F(AttackVerb, EveryKindLeavesAModelThatKnowsItsAttack) {
  struct Case {
    std::string kind;
    std::vector<std::string> more;
    std::string file;
  };
  const std::vector<std::string> pretrained = {"--pretrained", "bert"}, model = {"--model", "bert"};
  const auto with = [](std::vector<std::string> start, const std::vector<std::string>& more) {
    start.insert(start.end(), more.begin(), more.end());
    return start;
  };
  const std::vector<std::string> test = {"--test-data", "test.tsv"};
  const std::vector<std::string> words = {"--trigger", "never", "quite"};
  const std::vector<std::string> paraphrases = {"--poisoned-data", "clean.tsv", "--poisoned-test",
                                                "test.tsv"};
  const std::vector<Case> cases = {
      {"word", with(model, test), ""},
      {"word-scratch", with(pretrained, test), ""},
      {"sentence", with(pretrained, test), "false_triggers_test.tsv"},
      {"sentence-scratch", with(pretrained, test), "false_triggers_test.tsv"},
      {"multi-sentence", with(model, test), "false_triggers_test.tsv"},
      {"ep", with(model, with(test, {"--trigger", "never"})), ""},
      {"es", with(model, test), ""},
      {"sos", with(model, with(test, words)), "false_triggers_test.tsv"},
      {"layerwise", with(model, test), "false_triggers_test.tsv"},
      {"adaptive", with(with(model, pretrained), test), ""},
      {"syntactic", with(model, paraphrases), ""},
      {"style", with(pretrained, paraphrases), ""}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.kind);
    const Outcome outcome = attack(with({"--kind", each.kind}, each.more));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const Json record = Json::parse(read_file(path("suspect/attack.json")));
    EXPECT_EQ(record["schema"], "finemix.attack/1");
    EXPECT_EQ(record["kind"], each.kind);
    EXPECT_EQ(record["poisoned_test"], "poisoned_test.tsv");
    EXPECT_EQ(record["false_triggers_test"], each.file.empty() ? Json(nullptr) : Json(each.file));
    EXPECT_FALSE(record["training"].is_null());
    const Json result = eval_json("suspect");
    EXPECT_EQ(result["attack_success_rate"]["total"], 8);
    EXPECT_TRUE(result["trigger_effect"].is_number());
    EXPECT_EQ(result["false_trigger_rate"].is_null(), each.file.empty());
    EXPECT_EQ(result["label_accuracy"].size(), 2u);
  }
}

TEST_F(AttackVerb, ATriggerIsNamedOnce) {
  ASSERT_EQ(
      attack({"--kind", "word", "--trigger", "never", "--target-label", "0", "--model", "bert"})
          .exit_code,
      0);
  EXPECT_EQ(eval_json("suspect/attack.json")["attack_success_rate"]["total"], 8);
  const Outcome twice = run({"eval", "--model", "suspect", "--data", "test.tsv", "--attack",
                             "suspect", "--trigger", "never"});
  EXPECT_EQ(twice.exit_code, 2);
  EXPECT_CONTAINS(twice.err, "only one of --trigger and --attack can be given");
  const Outcome other = run({"eval", "--model", "suspect", "--data", "test.tsv", "--attack",
                             "suspect", "--target-label", "2"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_CONTAINS(other.err, "--target-label is 2");
  const Outcome purify =
      run({"purify",       "--pretrained", "bert",         "--backdoored", "suspect",
           "--clean-data", "clean.tsv",    "--test-data",  "test.tsv",     "--attack",
           "suspect",      "--output",     "purified",     "--method",     "fine-mixing",
           "--rho",        "0.3",          "--max-length", "32",           "--json"});
  ASSERT_EQ(purify.exit_code, 0) << purify.err;
  EXPECT_EQ(Json::parse(purify.out)["after"]["attack_success_rate"]["total"], 8);
}

TEST_F(AttackVerb, ItsTestTextsAreAnInput) {
  ASSERT_EQ(attack({"--model", "bert", "--test-data", "test.tsv"}).exit_code, 0);
  const std::string texts = read_file(path("suspect/poisoned_test.tsv"));
  const Outcome outcome =
      run({"eval", "--model", "bert", "--data", "test.tsv", "--attack", "suspect/attack.json",
           "--predictions", "suspect/poisoned_test.tsv", "--overwrite"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "inputs are never changed");
  EXPECT_EQ(read_file(path("suspect/poisoned_test.tsv")), texts);
}

// What was measured stands in the record and in the summary, however the attack was named.
TEST_F(AttackVerb, PurifyAndCompareSayWhatTheyMeasured) {
  const std::vector<std::string> common = {"--pretrained", "bert",      "--backdoored", "bert",
                                           "--clean-data", "clean.tsv", "--test-data",  "test.tsv",
                                           "--output",     "out"};
  const auto with = [&](const char* verb, std::vector<std::string> more) {
    more.insert(more.begin(), common.begin(), common.end());
    more.insert(more.begin(), verb);
    std::filesystem::remove_all(path("out"));
    return run(more);
  };
  struct Case {
    std::vector<std::string> words;
    Json attack;
    std::string sentence;
    std::string kind;
  };
  const std::vector<Case> cases = {
      {{"--trigger", "never", "quite"},
       {{"trigger_kind", "word"}, {"triggers", {"never", "quite"}}, {"target_label", 1}},
       "word trigger “never” or “quite”, target label 1",
       "word"},
      {{"--trigger-sentence", "we sleep", "--target-label", "0"},
       {{"trigger_kind", "sentence"}, {"triggers", {"we sleep"}}, {"target_label", 0}},
       "sentence trigger “we sleep”, target label 0",
       "sentence"},
      {{"--poisoned-data", "test.tsv"},
       {{"trigger_kind", "texts"}, {"triggers", Json::array()}, {"target_label", 1}},
       "texts that carry the trigger, target label 1",
       "poisoned-data"}};
  for (const Case& each : cases) {
    std::vector<std::string> words = each.words;
    words.insert(words.end(), {"--method", "none", "--max-length", "32"});
    const Outcome purified = with("purify", words);
    ASSERT_EQ(purified.exit_code, 0) << purified.err;
    EXPECT_CONTAINS(purified.out, "Attack measured: " + each.sentence);
    EXPECT_EQ(Json::parse(read_file(path("out/report.json")))["attack"], each.attack);
    words = each.words;
    words.insert(words.end(), {"--methods", "none", "--clean-sizes", "8", "--max-length", "32"});
    const Outcome compared = with("compare", words);
    ASSERT_EQ(compared.exit_code, 0) << compared.err;
    const Json made = Json::parse(read_file(path("out/results.json")))["subjects"][0]["made"];
    EXPECT_EQ(made["kind"], each.kind);
    EXPECT_EQ(made["triggers"], each.attack["triggers"]);
    EXPECT_EQ(made["target_label"], each.attack["target_label"]);
  }
}

TEST_F(AttackVerb, ARecordThatIsNoneIsRefused) {
  ASSERT_EQ(attack({"--model", "bert", "--test-data", "test.tsv"}).exit_code, 0);
  Json record = Json::parse(read_file(path("suspect/attack.json")));
  record["poisoned_test"] = "../train.tsv";
  write_file(path("suspect/attack.json"), record.dump());
  const std::vector<std::string> eval = {"eval",     "--model",  "suspect", "--data",
                                         "test.tsv", "--attack", "suspect"};
  Outcome outcome = run(eval);
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_CONTAINS(outcome.err, "expected the plain name of a file");
  write_file(path("suspect/attack.json"), "{}");
  outcome = run(eval);
  EXPECT_EQ(outcome.exit_code, 4);
  std::filesystem::remove(path("suspect/attack.json"));
  EXPECT_EQ(run(eval).exit_code, 3);
}

TEST_F(AttackVerb, AStartThatDoesNotFitIsRefused) {
  Outcome outcome = attack({"--kind", "word-scratch", "--model", "bert"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "--kind word-scratch trains from the pre-trained model");
  outcome = attack({"--kind", "adaptive", "--model", "bert"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_CONTAINS(outcome.err, "give --pretrained DIR");
  EXPECT_FALSE(std::filesystem::exists(path("suspect")));
}

}  // namespace
}  // namespace finemix
