#include "finemix/record/sweep_record.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "sweep_testing.h"

namespace finemix {
namespace {

// What reading `json` as a sweep is refused with.
std::string refusal(const Json& json) {
  try {
    sweep_from_json(json, "results.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMalformed);
    return error.what();
  }
  return "nothing";
}

// The same, of the sample that `change` was done to.
std::string refusal(const std::function<void(Json&)>& change) {
  Json json = to_json(sample_sweep());
  change(json);
  return refusal(json);
}

TEST(Fidelity, IsTheShareOfTheAttackThatIsGoneTimesTheAccuracyThatIsLeft) {
  const EvaluationRecord before = sample_evaluation(160, 80, 0);
  EXPECT_DOUBLE_EQ(*fidelity(before, sample_evaluation(120, 20, 0)), 0.75 * 0.75);
  EXPECT_DOUBLE_EQ(*fidelity(before, before), 0);
  EXPECT_LT(*fidelity(before, sample_evaluation(160, 90, 0)), 0);
}

TEST(Fidelity, IsNotInvented) {
  const EvaluationRecord known = sample_evaluation(160, 80, 0);
  EXPECT_FALSE(fidelity(known, {}));
  EXPECT_FALSE(fidelity({}, known));
  EXPECT_FALSE(fidelity(sample_evaluation(160, 0, 0), known));
  EXPECT_FALSE(fidelity(sample_evaluation(0, 80, 0), known));
}

TEST(CellName, TellsWhatTheCellIs) {
  CellKey key = {"sst2", "word", "fine-mixing", 0.4, true, 64, 1};
  EXPECT_EQ(cell_name(key), "sst2.word.fine-mixing.rho-0.4.epur.n-64.seed-1");
  key.rho.reset();
  key.epur = false;
  key.clean_size = 0;
  EXPECT_EQ(cell_name(key), "sst2.word.fine-mixing.n-all.seed-1");
}

TEST(SubjectName, BeginsTheNamesOfItsCells) {
  EXPECT_EQ(subject_name("sst2", "word"), "sst2.word");
  EXPECT_EQ(subject_name("a.b", "../c"), "a%2Eb.%2E%2E%2Fc");
  EXPECT_EQ(cell_name({"a.b", "../c", "m", {}, false, 1, 1}).find(subject_name("a.b", "../c")), 0u);
}

TEST(CellName, IsSafeAsAFileNameAndDifferentForDifferentKeys) {
  const std::vector<CellKey> keys = {{"../x", "a", "m", {}, false, 1, 1},
                                     {"..", "xa", "m", {}, false, 1, 1},
                                     {"a.b", "c", "m", {}, false, 1, 1},
                                     {"a", "b.c", "m", {}, false, 1, 1},
                                     {"a%2Eb", "c", "m", {}, false, 1, 1}};
  std::set<std::string> names;
  for (const CellKey& key : keys) names.insert(cell_name(key));
  EXPECT_EQ(names.size(), keys.size());
  EXPECT_EQ(cell_name(keys[0]), "%2E%2E%2Fx.a.m.n-1.seed-1");
}

TEST(SweepRecord, ComesBackAsTheSameBytes) {
  SweepRecord sweep = sample_sweep();
  SubjectRecord& subject = sweep.subjects[0];
  subject.made.training = TrainRecord{.precision = "bf16",
                                      .steps = 963,
                                      .loss = 0.1,
                                      .epoch_losses = {0.30000000000000004, 0.1},
                                      .validation = HeldOutRecord{wilson_rate(80, 90), 0.31},
                                      .best_step = 900,
                                      .examples_per_second = 103.7,
                                      .seconds = 95};
  subject.before.false_trigger_rate = wilson_rate(3, 7);
  subject.before.floor.reset();
  subject.before.false_trigger_floor = wilson_rate(2, 7);
  EpurRecord epur;
  epur.rows = {{"cf", 12, 1.5, 4.5, 3, true}, {"the", 7, 0.1, 0.9, 12345, false}};
  subject.epur = epur_figure(epur, std::vector<std::int64_t>{12});
  sweep.cells[0].trigger_reset = true;
  sweep.landscapes = {{"sst2",
                       "word",
                       "fine-mixing",
                       {0, 1},
                       {-0.5, 0.5},
                       {0.5, 0.6, 0.7, 0.8},
                       {0, 0.1, 0.2, 1},
                       {{"Init", 0, 0, 0.5, 0.25}}}};
  const std::string text = to_json(sweep).dump();
  const Json read = parse_json(text, "results.json");
  EXPECT_EQ(to_json(sweep_from_json(read, "results.json")).dump(), text);
  EXPECT_EQ(to_json(subject_from_json(read["subjects"][0], "s")).dump(),
            read["subjects"][0].dump());
  EXPECT_EQ(to_json(cell_from_json(read["cells"][0], "c")).dump(), read["cells"][0].dump());
}

TEST(SweepRecord, HoldsNoTimes) {
  SweepRecord sweep = sample_sweep();
  sweep.subjects[0].made.training.emplace();
  const std::string text = to_json(sweep).dump();
  EXPECT_EQ(text.find("second"), std::string::npos) << text;
}

TEST(SweepRecord, RefusesWhatItsWriterWouldNotWrite) {
  EXPECT_EQ(refusal(Json::array()), "results.json is an array, expected an object");
  EXPECT_EQ(refusal([](Json& json) { json["schema"] = "finemix.sweep/2"; }),
            "results.json: 'schema' is \"finemix.sweep/2\", expected \"finemix.sweep/1\"");
  EXPECT_EQ(refusal([](Json& json) { json.erase("title"); }),
            "results.json: 'title' is missing, expected a string");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][3]["key"]["sed"] = 1; }),
            "results.json, cells[3].key: unknown key 'sed', expected none but those of the schema");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][1]["after"]["accuracy"]["total"] = 0; }),
            "results.json, cells[1].after.accuracy: 'total' is 0, expected 1 or more");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][1]["after"]["accuracy"]["value"] = 0.5; }),
            "results.json, cells[1].after.accuracy: 'value' is 0.5, expected 'correct' / 'total'");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][0]["steps"] = -1; }),
            "results.json, cells[0]: 'steps' is -1, expected an integer from 0 to "
            "9223372036854775807");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][0]["rho"] = "0.4"; }),
            "results.json, cells[0]: 'rho' is \"0.4\", expected a number from 0.0 to 1.0");
  EXPECT_EQ(refusal([](Json& json) { json["cells"][0].erase("trigger_reset"); }),
            "results.json, cells[0]: 'trigger_reset' is missing, expected it, if only as null");
  EXPECT_EQ(refusal([](Json& json) { json["subjects"][0]["made"]["triggers"][0] = 7; }),
            "results.json, subjects[0].made: 'triggers' is an array, expected strings in it, not "
            "7");
  EXPECT_EQ(refusal([](Json& json) { json["subjects"] = nullptr; }),
            "results.json: 'subjects' is null, expected an array of objects");
}

TEST(SweepRecord, RefusesCellsThatAreThereTwiceOrHaveNoSubject) {
  EXPECT_NE(refusal([](Json& json) {
              json["cells"].push_back(json["cells"][0]);
            }).find("sst2.word.fine-mixing.rho-0.4.epur.n-64.seed-1 is there twice"),
            std::string::npos);
  EXPECT_NE(refusal([](Json& json) {
              json["cells"][0]["key"]["task"] = "qnli";
            }).find("qnli.word.fine-mixing.rho-0.4.epur.n-64.seed-1 has none"),
            std::string::npos);
  EXPECT_NE(refusal([](Json& json) {
              json["subjects"][1] = json["subjects"][0];
            }).find("'sst2', 'word' is there twice"),
            std::string::npos);
}

TEST(SweepRecord, RefusesAGridThatNamesACellTwice) {
  EXPECT_EQ(refusal([](Json& json) { json["planned"] = {"a.b.c", "a.b.d"}; }), "nothing");
  EXPECT_EQ(refusal([](Json& json) {
              json["planned"] = {"a.b.c", "\x1b", "\x1b"};
            }),
            "results.json: 'planned' is an array, expected each cell once: \\x1B is there twice");
}

TEST(SweepRecord, EveryMemberIsNeeded) {
  const Json whole = to_json(sample_sweep());
  for (const auto& part : {"/subjects/0", "/subjects/0/made", "/subjects/0/before", "/cells/0",
                           "/cells/0/key", "/cells/0/mcnemar", "/inputs/0"}) {
    const Json::json_pointer place(part);
    for (const auto& [key, value] : whole[place].items()) {
      Json json = whole;
      json[place].erase(key);
      EXPECT_NE(refusal(json).find("'" + key + "' is missing"), std::string::npos)
          << part << " " << key;
    }
  }
}

}  // namespace
}  // namespace finemix
