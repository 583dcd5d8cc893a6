#include "finemix/text/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "../io/io_testing.h"

namespace finemix {
namespace {

using namespace std::string_literals;
using testing::expect_error;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

Dataset read(std::string_view name, std::string_view text, bool require_labels = true) {
  const TemporaryDirectory directory;
  return read_dataset(write_file(directory / name, text), require_labels);
}

void expect_refused(std::string_view name, std::string_view text,
                    std::initializer_list<std::string_view> fragments, bool require_labels = true) {
  expect_error(ErrorKind::kMalformed, fragments, [&] { read(name, text, require_labels); });
}

// One text a row: "text/text_b=label" and so on.
std::string shown(const Dataset& data) {
  std::string all;
  for (const Example& example : data.examples) {
    all += example.text + (example.text_b ? "/" + *example.text_b : "") + "=" +
           std::to_string(example.label) + ";";
  }
  return all;
}

TEST(ReadTsv, ReadsSinglesAndPairs) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\nx y\t1\nz\t0\n")), "x y=1;z=0;");
  EXPECT_EQ(shown(read("a.tsv", "text_a\ttext_b\tlabel\nx\ty\t2\n")), "x/y=2;");
}

TEST(ReadTsv, ColumnsMayComeInAnyOrderAndAmongOthers) {
  EXPECT_EQ(shown(read("a.tsv", "id\tlabel\ttext\n7\t1\tx\n")), "x=1;");
}

TEST(ReadTsv, AQuoteIsAPlainCharacter) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\n\"x\t1\n\"\"\"\t0\n")), "\"x=1;\"\"\"=0;");
}

TEST(ReadTsv, WindowsLinesAndAByteOrderMarkAreTolerated) {
  EXPECT_EQ(shown(read("a.TSV", "\xEF\xBB\xBFtext\tlabel\r\nx\t1\r\n")), "x=1;");
}

TEST(ReadTsv, TheLastLineMayLackItsEnd) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\nx\t1")), "x=1;");
}

TEST(ReadTsv, AnyBytesAreText) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\n\xFF\0 \t1\n"s)), "\xFF\0 =1;"s);
}

TEST(ReadTsv, EmptyTextsAreTexts) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\n\t1\n")), "=1;");
  EXPECT_EQ(shown(read("a.tsv", "text\nx\n\ny\n", false)), "x=-1;=-1;y=-1;");
}

TEST(ReadTsv, EmptyLinesAreWelcomeAtTheEndOnly) {
  EXPECT_EQ(shown(read("a.tsv", "text\tlabel\nx\t1\n\n\r\n")), "x=1;");
  expect_refused("a.tsv", "text\tlabel\nx\t1\n\ny\t0\n", {"a.tsv:3", "empty line"});
}

TEST(ReadTsv, LabelsMayBeMissingWhereTheyAreNotRequired) {
  const Dataset data = read("a.tsv", "text\nx\n", false);
  EXPECT_FALSE(data.labelled());
  EXPECT_FALSE(data.pairs());
  EXPECT_TRUE(read("a.tsv", "text\tlabel\nx\t0\n", false).labelled());
  expect_refused("a.tsv", "text\nx\n", {"a.tsv:1", "'text'", "expected also 'label'"});
}

TEST(ReadTsv, NamesTheColumnsThatItFound) {
  expect_refused("a.tsv", "sentence\tlabel\nx\t1\n",
                 {"a.tsv:1", "'sentence', 'label'", "'text'", "'text_a' and 'text_b'"});
  expect_refused("a.tsv", "text_a\tlabel\nx\t1\n", {"'text_a', 'label'"});
  expect_refused("a.tsv", "text\ttext_a\ttext_b\tlabel\n", {"either"});
  expect_refused("a.tsv", "text\ttext\tlabel\n", {"two columns 'text'"});
}

TEST(ReadTsv, NamesTheLineThatIsWrong) {
  expect_refused("a.tsv", "text\tlabel\nx\t1\nx\ty\t1\n", {"a.tsv:3", "3 field(s)", "expected 2"});
  for (const char* label : {"one", "", "-1", "1.0", " 1", "99999999999", "+1"}) {
    expect_refused("a.tsv", "text\tlabel\nx\t1\ny\t"s + label + "\n",
                   {"a.tsv:3", "'label'", "an integer from 0", label});
  }
}

TEST(ReadTsv, AFileWithoutRowsIsRefused) {
  expect_refused("a.tsv", "", {"a.tsv", "empty"});
  expect_refused("a.tsv", "text\tlabel\n", {"a.tsv", "no rows"});
}

TEST(ReadTsv, ReadsLinesLongerThanItsBlocks) {
  const std::string text(3 << 20, 'x');
  const Dataset data = read("a.tsv", "text\tlabel\n" + text + "\t1\n" + text + "y\t0\n");
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data.examples[0].text, text);
  EXPECT_EQ(data.examples[1].text, text + "y");
}

TEST(ReadCsv, ReadsQuotedFields) {
  EXPECT_EQ(shown(read("a.csv", "text,label\nx y,1\n\"a, \"\"b\"\"\",0\n\"\",2\n")),
            "x y=1;a, \"b\"=0;=2;");
  EXPECT_EQ(shown(read("a.csv", "\"text_a\",text_b,label\r\n\"x\",\"y\",1\r\n")), "x/y=1;");
}

TEST(ReadCsv, QuotedFieldsMayHoldLineBreaks) {
  EXPECT_EQ(shown(read("a.csv", "text,label\n\"a\nb\r\n\nc\",1\nd,0\n")), "a\nb\r\n\nc=1;d=0;");
}

TEST(ReadCsv, LineNumbersCountTheBreaksInFields) {
  expect_refused("a.csv", "text,label\n\"a\nb\",1\nx,y\n", {"a.csv:4", "'y'"});
}

TEST(ReadCsv, WhatBreaksTheQuotingIsRefused) {
  expect_refused("a.csv", "text,label\nx,1\n\"a,0\n", {"a.csv:3", "never closed"});
  expect_refused("a.csv", "text,label\n\"a\"b,1\n", {"a.csv:2", "'b,1'"});
  expect_refused("a.csv", "text,label\na\"b,1\n", {"a.csv:2", "a\"b"});
}

TEST(ReadJsonLines, ReadsObjects) {
  EXPECT_EQ(shown(read("a.jsonl",
                       "{\"text\": \"x\\ny\", \"label\": 1}\n\n{\"label\":0,\"text\":\"\","
                       "\"other\":[1]}\r\n")),
            "x\ny=1;=0;");
  EXPECT_EQ(shown(read("a.ndjson", R"({"text_a":"x","text_b":"y","label":3})")), "x/y=3;");
  EXPECT_EQ(shown(read("a.json", R"({"text":"x"})", false)), "x=-1;");
}

TEST(ReadJsonLines, NamesTheLineThatIsWrong) {
  const std::string good = "{\"text\":\"x\",\"label\":1}\n";
  expect_refused("a.jsonl", good + "{\"text\":1,\"label\":1}", {"a.jsonl:2", "'text' is 1"});
  expect_refused("a.jsonl", good + "{\"text\":\"x\",\"label\":\"1\"}", {"a.jsonl:2", "'label'"});
  expect_refused("a.jsonl", good + "{\"text\":\"x\",\"label\":-1}", {"a.jsonl:2", "'label'"});
  expect_refused("a.jsonl", good + "{\"text\":", {"a.jsonl:2"});
  expect_refused("a.jsonl", good + "{\"text\":\"x\"}", {"a.jsonl:2", "'label'"});
  expect_refused("a.jsonl", "[\n", {"a.jsonl:1"});
  expect_refused("a.jsonl", "[{\"text\":\"x\",\"label\":1}]", {"a.jsonl:1", "one object a line"});
}

TEST(ReadJsonLines, AllLinesHaveTheSameKeys) {
  expect_refused("a.jsonl", "{\"text\":\"x\",\"label\":1}\n{\"text\":\"x\"}\n",
                 {"a.jsonl:2", "differ"}, false);
  expect_refused("a.jsonl", "{\"text\":\"x\"}\n{\"text_a\":\"x\",\"text_b\":\"y\"}\n",
                 {"a.jsonl:2", "differ"}, false);
}

TEST(ReadDataset, TheExtensionTellsTheFormat) {
  expect_error(ErrorKind::kUsage, {"a.txt", "'.txt'", ".tsv", ".csv", ".jsonl"},
               [] { read("a.txt", "text\nx\n"); });
  expect_error(ErrorKind::kFile, {"no-such.tsv"}, [] { read_dataset("no-such.tsv", true); });
}

TEST(CheckLabels, NamesTheRow) {
  const Dataset data = read("a.tsv", "text\tlabel\nx\t0\ny\t2\n");
  EXPECT_NO_THROW(check_labels(data, 3));
  expect_error(ErrorKind::kMismatch, {"a.tsv", "row 2", "label 2", "0 to 1"},
               [&] { check_labels(data, 2); });
}

Dataset labelled(std::initializer_list<int> counts) {
  Dataset data{"sample", {}};
  std::int64_t label = 0;
  for (const int count : counts) {
    for (int i = 0; i < count; ++i) {
      data.examples.push_back(
          {std::to_string(label) + "." + std::to_string(i), std::nullopt, label});
    }
    ++label;
  }
  return data;
}

std::map<std::int64_t, int> label_counts(const Dataset& data) {
  std::map<std::int64_t, int> counts;
  for (const Example& example : data.examples) ++counts[example.label];
  return counts;
}

TEST(CheckLabel, OneThatTheModelLacksIsRefused) {
  check_label(1, "--target-label is ", 2);
  expect_error(ErrorKind::kMismatch, {"--target-label is 2", "2 labels, 0 to 1"},
               [] { check_label(2, "--target-label is ", 2); });
}

TEST(CheckPairs, PairsBesideSingleTextsAreRefused) {
  const Dataset pairs{"pairs.tsv", {{"a", "b", 0}}};
  const Dataset singles{"singles.tsv", {{"a", std::nullopt, 0}}};
  check_pairs(pairs, pairs);
  expect_error(ErrorKind::kMismatch, {"pairs.tsv", "singles.tsv"},
               [&] { check_pairs(pairs, singles); });
}

TEST(SampleBalanced, TakesEqualSharesAsFarAsTheyGo) {
  using Counts = std::map<std::int64_t, int>;
  EXPECT_EQ(label_counts(sample_balanced(labelled({100, 50}), 64, 1)), (Counts{{0, 32}, {1, 32}}));
  EXPECT_EQ(label_counts(sample_balanced(labelled({100, 5}), 64, 1)), (Counts{{0, 59}, {1, 5}}));
  EXPECT_EQ(label_counts(sample_balanced(labelled({9, 9, 9}), 10, 1)),
            (Counts{{0, 4}, {1, 3}, {2, 3}}));
  EXPECT_EQ(label_counts(sample_balanced(labelled({3, 2}), 64, 1)), (Counts{{0, 3}, {1, 2}}));
  EXPECT_EQ(label_counts(sample_balanced(labelled({3, 2}), 0, 1)), (Counts{{0, 3}, {1, 2}}));
}

TEST(SampleBalanced, IsADeterministicShuffle) {
  const Dataset data = labelled({100, 100});
  const std::string once = shown(sample_balanced(data, 20, 7));
  EXPECT_EQ(shown(sample_balanced(data, 20, 7)), once);
  EXPECT_NE(shown(sample_balanced(data, 20, 8)), once);
  EXPECT_NE(shown(sample_balanced(data, 0, 7)), shown(data));
  std::set<std::string> texts;
  for (const Example& example : sample_balanced(data, 20, 7).examples) texts.insert(example.text);
  EXPECT_EQ(texts.size(), 20u);
}

TEST(SampleBalanced, ASmallerSampleIsPartOfALargerOne) {
  const Dataset data = labelled({100, 100});
  const Dataset large = sample_balanced(data, 32, 7);
  for (const Example& example : sample_balanced(data, 16, 7).examples) {
    EXPECT_TRUE(std::ranges::any_of(
        large.examples, [&](const Example& other) { return other.text == example.text; }));
  }
}

std::string written(std::string_view name, const Dataset& data) {
  const TemporaryDirectory directory;
  write_dataset(directory / name, data, false);
  return read_file(directory / name);
}

TEST(WriteDataset, WritesTheFormatOfTheExtension) {
  const Dataset data{"sample", {{"a, \"b\"", std::nullopt, 1}, {"c", std::nullopt, 0}}};
  EXPECT_EQ(written("a.tsv", data), "text\tlabel\na, \"b\"\t1\nc\t0\n");
  EXPECT_EQ(written("a.csv", data), "text,label\n\"a, \"\"b\"\"\",1\nc,0\n");
  EXPECT_EQ(written("a.jsonl", data),
            "{\"text\":\"a, \\\"b\\\"\",\"label\":1}\n{\"text\":\"c\",\"label\":0}\n");
}

TEST(WriteDataset, ATsvHasNoRoomForTabsAndLineBreaks) {
  EXPECT_EQ(written("a.tsv", {"sample", {{"a\tb\r\nc", std::nullopt, 1}}}),
            "text\tlabel\na b  c\t1\n");
}

TEST(WriteDataset, WhatIsWrittenReadsBack) {
  const Dataset pairs{"sample", {{"a\n\"b\",", "\r\nc", 1}, {"", "é中", 0}}};
  const Dataset unlabelled{"sample", {{"x", std::nullopt, -1}, {" y\"z", std::nullopt, -1}}};
  for (const char* name : {"a.csv", "a.jsonl"}) {
    EXPECT_EQ(shown(read(name, written(name, pairs))), shown(pairs)) << name;
    EXPECT_EQ(shown(read(name, written(name, unlabelled), false)), shown(unlabelled)) << name;
  }
  EXPECT_EQ(shown(read("a.tsv", written("a.tsv", unlabelled), false)), shown(unlabelled));
}

TEST(WriteDataset, AnExistingFileIsRefusedUnlessAsked) {
  const TemporaryDirectory directory;
  const auto path = write_file(directory / "a.tsv", "old");
  const Dataset data{"sample", {{"x", std::nullopt, 1}}};
  expect_error(ErrorKind::kUsage, {"a.tsv"}, [&] { write_dataset(path, data, false); });
  EXPECT_EQ(read_file(path), "old");
  write_dataset(path, data, true);
  EXPECT_EQ(read_file(path), "text\tlabel\nx\t1\n");
}

TEST(PairsOf, AreHalvesOfWhateverHasAPlaceToCut) {
  const auto pair = [](const char* text) {
    return pairs_of({"texts", {{text, std::nullopt, -1}}}, 0).examples.front();
  };
  EXPECT_EQ(pair("one two three four").text, "one two three");
  EXPECT_EQ(pair("one two three four").text_b, "four");
  EXPECT_EQ(pair("a extraordinarily").text_b, "extraordinarily");
  EXPECT_EQ(pair("word ").text_b, "word ") << "the only other text";
  EXPECT_EQ(pair("word").text_b, "word");
}

TEST(PairsOf, AreHalvesAQuestionAndStrangersByTurns) {
  Dataset singles{"texts", {}};
  for (const char* text : {"one two three four", "a long film", "red green blue", "word"}) {
    singles.examples.push_back({text, std::nullopt, 1});
  }
  const Dataset pairs = pairs_of(singles, 3);
  ASSERT_EQ(pairs.size(), 4u);
  EXPECT_TRUE(pairs.pairs());
  EXPECT_FALSE(pairs.labelled());
  EXPECT_EQ(pairs.name, "texts");
  EXPECT_EQ(shown(pairs_of(singles, 3)), shown(pairs));
  const auto one_of_them = [&](const std::string& text) {
    return std::ranges::any_of(singles.examples,
                               [&](const Example& each) { return each.text == text; });
  };
  std::size_t halves = 0, questions = 0, strangers = 0;
  for (const Example& each : pairs.examples) {
    EXPECT_FALSE(each.text.empty());
    EXPECT_FALSE(each.text_b->empty());
    if (each.text.ends_with(" ?")) {
      ++questions;
      EXPECT_TRUE(each.text_b->starts_with(each.text.substr(0, each.text.size() - 2)));
      EXPECT_TRUE(one_of_them(*each.text_b));
    } else if (one_of_them(each.text + " " + *each.text_b)) {
      ++halves;
    } else {
      ++strangers;
      EXPECT_TRUE(one_of_them(each.text) && one_of_them(*each.text_b));
      EXPECT_NE(each.text, *each.text_b);
    }
  }
  EXPECT_GE(strangers, 1u);
  EXPECT_EQ(halves + questions + strangers, 4u);
}

}  // namespace
}  // namespace finemix
