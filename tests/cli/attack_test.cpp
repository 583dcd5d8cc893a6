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
