#include "finemix/model/batch.h"

#include <gtest/gtest.h>

#include <vector>

#include "finemix/core/error.h"
#include "finemix/text/encoded_texts.h"

namespace finemix {
namespace {

using Rows = std::vector<std::size_t>;
const c10::Device kCpu(c10::kCPU);

template <typename Value>
std::vector<Value> values(const at::Tensor& tensor) {
  const auto* first = tensor.const_data_ptr<Value>();
  return {first, first + tensor.numel()};
}

EncodedTexts three_texts() {
  EncodedTexts texts;
  texts.push_back({{2, 7, 3}, {0, 0, 0}});
  texts.push_back({{2, 9, 3, 8, 3}, {0, 0, 0, 1, 1}});
  texts.push_back({{2, 3}, {0, 0}});
  return texts;
}

TEST(Pack, TakesRowsInTheirOrderAndMayRepeatThem) {
  const PackedBatch batch = pack(three_texts(), Rows{2, 1, 2}, kCpu);
  using Longs = std::vector<std::int64_t>;
  EXPECT_EQ(values<std::int64_t>(batch.ids), (Longs{2, 3, 2, 9, 3, 8, 3, 2, 3}));
  EXPECT_EQ(values<std::int64_t>(batch.type_ids), (Longs{0, 0, 0, 0, 0, 1, 1, 0, 0}));
  EXPECT_EQ(values<std::int64_t>(batch.positions), (Longs{0, 1, 0, 1, 2, 3, 4, 0, 1}));
  EXPECT_EQ(values<std::int64_t>(batch.first), (Longs{0, 2, 7}));
  EXPECT_EQ(values<std::int32_t>(batch.offsets), (std::vector<std::int32_t>{0, 2, 7, 9}));
  EXPECT_EQ(batch.texts, 3);
  EXPECT_EQ(batch.tokens(), 9);
  EXPECT_EQ(batch.longest, 5);
  EXPECT_EQ(batch.largest_id, 9);
  EXPECT_EQ(batch.largest_type_id, 1);
}

TEST(Pack, WithoutRowsTakesAllTexts) {
  const EncodedTexts texts = three_texts();
  EXPECT_TRUE(pack(texts, kCpu).ids.equal(pack(texts, Rows{0, 1, 2}, kCpu).ids));
}

TEST(Pack, RefusesNoTextsEmptyOnesAndIdsBelowZero) {
  EncodedTexts texts = three_texts();
  texts.end_text();
  texts.push_back({{2, -1}, {0, 0}});
  for (const Rows& rows : {Rows{}, Rows{0, 3}, Rows{4}}) {
    try {
      pack(texts, rows, kCpu);
      ADD_FAILURE() << "took " << rows.size() << " rows";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInternal);
    }
  }
}

}  // namespace
}  // namespace finemix
