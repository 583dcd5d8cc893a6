#include "pipeline/sweep/plan.h"

#include <gtest/gtest.h>

#include <set>

#include "../../io/io_testing.h"
#include "finemix/pipeline/mitigations.h"

namespace finemix {
namespace {

using testing::expect_error;

SweepMethod method(const char* name, const char* rho = nullptr) {
  SweepMethod method;
  method.name = name;
  method.options.set_method(name);
  if (rho != nullptr) {
    method.options.rho = rho;
    method.fixed_rho = true;
  }
  return method;
}

SweepAttack attack(const char* name) {
  SweepAttack attack;
  attack.name = name;
  return attack;
}

SweepTask task(const char* name) {
  SweepTask task;
  task.name = name;
  return task;
}

SweepOptions grid() {
  SweepOptions options;
  options.tasks = {task("a"), task("b")};
  options.attacks = {attack(kCleanControl), attack("word")};
  options.grid.methods = {method(kNone), method(kFineMixing), method(kDare, "0.7")};
  options.grid.rho = {0.2, 0.4};
  options.grid.clean_sizes = {16, 64};
  options.grid.seeds = {1, 2, 3};
  options.frequency.count_text = "text";
  return options;
}

std::vector<std::string> names(const std::vector<PlannedSubject>& subjects) {
  std::vector<std::string> names;
  for (const PlannedSubject& subject : subjects) {
    for (const PlannedCell& cell : subject.cells) names.push_back(cell_name(cell.key));
  }
  return names;
}

TEST(SweepPlan, EveryCombinationOnce) {
  const std::vector<PlannedSubject> subjects = plan_sweep(grid());
  ASSERT_EQ(subjects.size(), 4u);
  // none: ± E-PUR; fine-mixing: 2 ρ × ± E-PUR × 2 sizes × 3 seeds; dare has a ρ of its own.
  EXPECT_EQ(subjects[0].cells.size(), 2u + 24u + 12u);
  const std::vector<std::string> all = names(subjects);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
  const PlannedCell& mixed = subjects[3].cells[2];
  EXPECT_EQ(mixed.key, (CellKey{"b", "word", kFineMixing, 0.2, false, 16, 1}));
  EXPECT_EQ(mixed.options.rho, "0.2");
  EXPECT_TRUE(mixed.options.no_epur);
  EXPECT_EQ(mixed.options.clean_size, 16);
  EXPECT_EQ(mixed.options.run.seed, 1u);
  EXPECT_EQ(subjects[0].cells.back().key.rho, 0.7);
}

TEST(SweepPlan, EPurByTheCleanTextsDependsOnTheirDraw) {
  SweepOptions options = grid();
  options.frequency = {};
  // none with E-PUR: 2 sizes × 3 seeds.
  EXPECT_EQ(plan_sweep(options)[0].cells.size(), 1u + 6u + 24u + 12u);
}

TEST(SweepPlan, EachShardKnowsTheFirstCellOfItsModels) {
  const PlannedCell first = plan_sweep(grid())[1].cells.front();
  for (std::size_t index = 1; index <= 7; ++index) {
    std::vector<PlannedSubject> part = plan_sweep(grid());
    keep_shard(part, {index, 7});
    for (const PlannedSubject& subject : part) {
      if (subject.task != "a" || subject.attack != "word") continue;
      EXPECT_EQ(subject.first.key, first.key);
    }
  }
}

TEST(SweepPlan, ShardsAreThePartsOfTheGridInOrder) {
  const std::vector<std::string> whole = names(plan_sweep(grid()));
  for (const std::size_t count : {1u, 3u, 7u, 200u}) {
    std::vector<std::string> parts;
    for (std::size_t index = 1; index <= count; ++index) {
      std::vector<PlannedSubject> part = plan_sweep(grid());
      keep_shard(part, {index, count});
      const std::vector<std::string> some = names(part);
      parts.insert(parts.end(), some.begin(), some.end());
    }
    EXPECT_EQ(parts, whole) << count;
  }
}

TEST(SweepPlan, ALandscapeGoesThroughOneCellOfEachAttackedModelInOneShard) {
  SweepOptions options = grid();
  options.landscape.method = kFineMixing;
  std::size_t landscapes = 0;
  for (std::size_t index = 1; index <= 5; ++index) {
    std::vector<PlannedSubject> part = plan_sweep(options);
    keep_shard(part, {index, 5});
    for (const PlannedSubject& subject : part) {
      landscapes += subject.landscapes.size();
      for (const PlannedCell& cell : subject.landscapes) {
        EXPECT_EQ(cell.key.attack, "word");
        EXPECT_TRUE(cell.key.epur);
      }
    }
  }
  EXPECT_EQ(landscapes, 2u);
}

TEST(SweepPlan, RefusesGridsThatMeanNothing) {
  const auto expect_refused = [](const char* text, const auto& spoil) {
    SweepOptions options = grid();
    spoil(options);
    expect_error(ErrorKind::kUsage, {text}, [&] { plan_sweep(options); });
  };
  expect_refused("at least one task", [](SweepOptions& options) { options.tasks.clear(); });
  expect_refused("is there twice", [](SweepOptions& options) { options.tasks[1].name = "a"; });
  expect_refused("a name is made of",
                 [](SweepOptions& options) { options.tasks[1].name = "../b"; });
  expect_refused("--seeds holds a value twice", [](SweepOptions& options) {
    options.grid.seeds = {1, 1};
  });
  expect_refused("--epur", [](SweepOptions& options) { options.grid.epur = "maybe"; });
  expect_refused("no such method", [](SweepOptions& options) { options.landscape.method = "x"; });
  expect_refused("spans no plane", [](SweepOptions& options) { options.landscape.method = kNone; });
  expect_refused("a name is made of",
                 [](SweepOptions& options) { options.tasks[1].name = std::string(65, 'x'); });
  expect_refused("no such attack", [](SweepOptions& options) {
    options.landscape.method = kFineMixing;
    options.landscape.attacks = {"x"};
  });
}

TEST(SweepPlan, ReadsShards) {
  EXPECT_EQ(parse_shard("2/8").index, 2u);
  EXPECT_EQ(parse_shard("2/8").count, 8u);
  for (const char* wrong : {"", "2", "0/2", "3/2", "1/2x", "-1/2", "1//2"}) {
    expect_error(ErrorKind::kUsage, {"--shard"}, [&] { parse_shard(wrong); });
  }
}

}  // namespace
}  // namespace finemix
