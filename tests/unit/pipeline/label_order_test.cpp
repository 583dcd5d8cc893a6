#include "pipeline/label_order.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "finemix/core/error.h"

namespace finemix {
namespace {

// `counts[label][answer]` texts of a label that the model gives an answer.
std::string refusal(const std::vector<std::vector<int>>& counts) {
  Dataset data{"clean.tsv", {}};
  std::vector<std::int64_t> predicted;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    for (std::size_t answer = 0; answer < counts[label].size(); ++answer) {
      for (int i = 0; i < counts[label][answer]; ++i) {
        data.examples.push_back({"a text", std::nullopt, static_cast<std::int64_t>(label)});
        predicted.push_back(static_cast<std::int64_t>(answer));
      }
    }
  }
  try {
    check_label_order(data, predicted);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kMismatch);
    return error.what();
  }
  return "";
}

TEST(LabelOrder, SwappedLabelsAreRefusedWithWhatTheyAreGiven) {
  const std::string message = refusal({{3, 29}, {31, 1}});
  EXPECT_NE(
      message.find("clean.tsv: its labels are not numbered as the suspect's: to 29 of the 32 "
                   "texts labelled 0 it gives 1, to 31 of the 32 texts labelled 1 it gives 0"),
      std::string::npos)
      << message;
}

TEST(LabelOrder, OfManyLabelsTwoMayBeSwapped) {
  const std::string message = refusal({{20, 0, 1}, {1, 2, 18}, {0, 17, 3}});
  EXPECT_EQ(message.find("labelled 0"), std::string::npos) << message;
  EXPECT_NE(message.find("to 18 of the 21 texts labelled 1 it gives 2"), std::string::npos);
}

TEST(LabelOrder, AModelThatIsWrongOtherwiseIsNot) {
  EXPECT_EQ(refusal({{30, 2}, {3, 29}}), "");
  EXPECT_EQ(refusal({{2, 30}, {1, 31}}), "") << "it says one label";
  EXPECT_EQ(refusal({{14, 18}, {17, 15}}), "") << "a coin";
  EXPECT_EQ(refusal({{0, 32}}), "") << "one label";
  EXPECT_EQ(refusal({{0, 3}, {3, 0}}), "") << "too few";
  EXPECT_EQ(refusal({{0, 9, 11}, {10, 0, 10}, {10, 10, 0}}), "") << "no label of their own";
}

}  // namespace
}  // namespace finemix
