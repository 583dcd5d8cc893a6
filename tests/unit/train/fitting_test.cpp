// What is done when the memory of a device does not suffice, on a CPU that pretends to be one.
#include "finemix/model/fitting.h"

#include <ATen/ops/allclose.h>
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "../io/io_testing.h"
#include "finemix/eval/predict.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/trainer.h"
#include "tiny_sentences.h"

namespace finemix {
namespace {

using testing::expect_error;

const std::string kTiny = FINEMIX_TEST_DATA "/model/post_ln_gelu";

class Messages : public Progress {
 public:
  void message(std::string_view text) override { all.emplace_back(text); }
  std::vector<std::string> all;
};

// As long as it lives, the next `count` allocations of at least `bytes` fail as a device's do.
class TooLittleMemory : public c10::Allocator {
 public:
  TooLittleMemory(std::size_t bytes, int count)
      : bytes_(bytes), left_(count), base_(c10::GetCPUAllocator()) {
    c10::SetAllocator(c10::kCPU, this);
  }
  ~TooLittleMemory() override { c10::SetAllocator(c10::kCPU, base_); }
  TooLittleMemory(const TooLittleMemory&) = delete;
  TooLittleMemory& operator=(const TooLittleMemory&) = delete;

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes >= bytes_ && left_ > 0) {
      --left_;
      throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "out of memory");
    }
    return base_->allocate(bytes);
  }
  c10::DeleterFnPtr raw_deleter() const override { return base_->raw_deleter(); }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    base_->copy_data(to, from, bytes);
  }
  int left() const { return left_; }

 private:
  std::size_t bytes_;
  int left_;
  c10::Allocator* base_;
};

// What the memory of passes is taken in, at least; nothing else of a tiny model is as large.
constexpr std::size_t kWorkspaceBytes = 16 << 20;

TEST(FittingParts, HalvesUntilItFitsAndStaysAtThat) {
  const std::vector<std::size_t> texts = {7, 1, 2, 3, 4, 5, 6, 0};
  FittingParts fitting("cuda:0");
  Messages progress;
  std::vector<std::vector<std::size_t>> parts;
  const auto work = [&](std::span<const std::size_t> part) {
    if (part.size() > 3) throw c10::OutOfMemoryError({"f", "f", 1}, "out of memory");
    parts.emplace_back(part.begin(), part.end());
  };
  fitting.run(texts, progress, work);
  EXPECT_EQ(parts, (std::vector<std::vector<std::size_t>>{{7, 1}, {2, 3}, {4, 5}, {6, 0}}));
  EXPECT_EQ(progress.all, (std::vector<std::string>{
                              "out of memory on cuda:0 with 8 texts at a time: going on with 4",
                              "out of memory on cuda:0 with 4 texts at a time: going on with 2"}));
  parts.clear();
  fitting.run(std::span(texts).first(3), progress, work);
  EXPECT_EQ(parts, (std::vector<std::vector<std::size_t>>{{7, 1}, {2}}));
  EXPECT_EQ(progress.all.size(), 2u);
}

TEST(FittingParts, ASingleTextThatDoesNotFitIsAnError) {
  FittingParts fitting("cuda:1");
  const std::vector<std::size_t> texts = {0, 1};
  expect_error(ErrorKind::kFile, {"out of memory on cuda:1", "a single text", "--max-length"}, [&] {
    fitting.run(texts, no_progress(), [](auto) {
      throw c10::OutOfMemoryError({"f", "f", 1}, "out of memory");
    });
  });
}

struct Trained {
  at::Tensor weights;
  std::vector<double> losses;
};

Trained run_training(bool every_layer, int failures, Messages& progress) {
  Classifier classifier(load_model(kTiny), c10::Device(c10::kCPU), Precision::kFp32);
  const TrainingSet set =
      tokenize_labelled(*load_tokenizer(kTiny), testing::tiny_sentences(8), 2, 32);
  TrainOptions options;
  options.epochs = 3;
  options.batch_size = 8;
  options.learning_rate = 1e-3;
  options.dropout = false;
  options.optimizer.epsilon = 1e-3;  // steps are to be small where gradients are but rounding
  options.every_layer = every_layer;
  TooLittleMemory memory(kWorkspaceBytes, failures);
  const TrainRecord record = train(classifier, set, options, nullptr, progress, nullptr);
  EXPECT_EQ(memory.left(), 0);
  return {classifier.parameters().weights().clone(), record.epoch_losses};
}

TEST(Train, InPartsForWantOfMemoryItIsTheSameTraining) {
  for (const bool every_layer : {false, true}) {
    Messages whole_messages, messages;
    const Trained whole = run_training(every_layer, 0, whole_messages);
    const Trained parts = run_training(every_layer, 2, messages);
    ASSERT_EQ(whole.losses.size(), parts.losses.size());
    for (std::size_t i = 0; i < whole.losses.size(); ++i) {
      EXPECT_NEAR(parts.losses[i], whole.losses[i], 1e-5);
    }
    EXPECT_TRUE(at::allclose(parts.weights, whole.weights, 1e-4, 1e-5));
    EXPECT_EQ(messages.all.size(), whole_messages.all.size() + 2);
    EXPECT_EQ(messages.all.back(), "out of memory on cpu with 4 texts at a time: going on with 2");
  }
}

TEST(Predict, InPartsForWantOfMemoryItGivesTheSameLogits) {
  const Classifier classifier(load_model(kTiny), c10::Device(c10::kCPU), Precision::kFp32);
  const EncodedTexts texts = encode_all(*load_tokenizer(kTiny), testing::tiny_sentences(8), 32);
  Messages progress;
  at::Tensor parts;
  {
    const TooLittleMemory memory(kWorkspaceBytes, 1);
    parts = predict(classifier, texts, progress);
    EXPECT_EQ(memory.left(), 0);
  }
  EXPECT_TRUE(at::allclose(parts, predict(classifier, texts, no_progress()), 1e-5, 1e-6));
  ASSERT_EQ(progress.all.size(), 1u);
}

}  // namespace
}  // namespace finemix
