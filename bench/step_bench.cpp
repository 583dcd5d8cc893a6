// Where a training step goes. Prints one line of JSON: the model, the batch, the mean step after
// five that warm up, its matrix products' arithmetic, and the time of each part. Arguments: MODEL
// DATA [PRECISION [STEPS [TEXTS]]]; MODEL is a checkpoint, or "bert-base" for random weights of
// that size; DATA is a file of texts, or a length for random ones of it.
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/core/profile.h"
#include "finemix/core/random.h"
#include "finemix/model/classifier.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/batches.h"
#include "finemix/train/loss.h"
#include "finemix/train/optimizer.h"

namespace finemix {
namespace {

// Steps that are not timed; compare/rows/roofline.py knows the number too.
constexpr std::uint64_t kWarmUp = 5;

EncodedTexts random_texts(std::size_t count, std::size_t length, std::int64_t vocabulary) {
  RandomSequence random(0, "step_bench");
  EncodedTexts texts;
  std::vector<std::int32_t> ids(length);
  for (std::size_t text = 0; text < count; ++text) {
    for (std::int32_t& id : ids) {
      id = static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(vocabulary)));
    }
    texts.extend(ids, 0);
    texts.end_text();
  }
  return texts;
}

// Floating-point operations of a step's matrix products. In the last layer only keys and values are
// made for all tokens; everything else there, for each text's first.
double product_operations(const EncoderConfig& config, double tokens, double texts) {
  const auto hidden = static_cast<double>(config.hidden_size);
  const auto inner = static_cast<double>(config.intermediate_size);
  const double whole = 4 * hidden * hidden + 2 * hidden * inner;  // multiplications a row
  const double last = tokens * 2 * hidden * hidden + texts * (whole - 2 * hidden * hidden);
  return 6 * (static_cast<double>(config.num_hidden_layers - 1) * tokens * whole + last);
}

int run(const std::string& model_name, const std::string& data, const std::string& precision,
        std::size_t steps, std::size_t batch_size) {
  set_threads(0);
  const c10::Device device = choose_device("cpu");
  Model model;
  if (model_name == "bert-base") {
    model = random_model(EncoderConfig(), "{}", 0);
  } else {
    model = load_model(model_name);
    add_classifier(model, 2, 0);
  }
  EncodedTexts texts;
  if (const int length = std::atoi(data.c_str()); length > 0) {
    texts =
        random_texts(batch_size * steps, static_cast<std::size_t>(length), model.config.vocab_size);
  } else {
    Dataset read = read_dataset(data, false);
    read.examples.resize(std::min(read.size(), batch_size * steps));
    texts = encode_all(*load_tokenizer(FINEMIX_MINILM), read, 128);
  }
  Classifier classifier(model, device, choose_precision(precision, device));
  AdamW optimizer(classifier.parameters(), AdamWOptions{});
  std::vector<double> times;
  std::vector<double> rates;  // GFLOP/s of each step's products
  double operations = 0;
  double tokens = 0;
  double batch_texts = 0;
  Profile profile;
  const auto part = [](const char* name) { return std::make_unique<ProfilePart>(name); };
  std::map<std::string, double> before;
  std::uint64_t step = 0;
  for (const auto& rows : shuffled_batches(texts, batch_size, 0, 0)) {
    const bool warm_up = step < kWarmUp;
    if (step == kWarmUp) before = profile.seconds();
    const auto start = std::chrono::steady_clock::now();
    auto other = part("other");
    const PackedBatch batch = pack(texts, rows, device);
    optimizer.catch_up(batch);
    at::Tensor targets = at::zeros({batch.texts, model.config.num_labels});
    targets.select(1, 0).fill_(1.0);
    const at::Tensor logits = classifier.forward(batch, DropoutKey{0, step});
    classifier.backward(cross_entropy(logits, targets, {}).d_logits);
    optimizer.step(2e-5);
    other.reset();
    ++step;
    if (warm_up) continue;
    times.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    const auto own_tokens = static_cast<double>(batch.tokens());
    const auto own_texts = static_cast<double>(batch.texts);
    const double own = product_operations(model.config, own_tokens, own_texts);
    rates.push_back(1e-9 * own / times.back());
    operations += own;
    tokens += own_tokens;
    batch_texts += own_texts;
  }
  if (times.empty()) {
    std::cerr << "step_bench: " << step << " batches are too few; " << kWarmUp + 1
              << " are the least\n";
    return 2;
  }
  const auto count = static_cast<double>(times.size());
  double total = 0;
  for (const double time : times) total += time;
  std::sort(rates.begin(), rates.end());
  nlohmann::json parts = nlohmann::json::array();
  for (const auto& [name, seconds] : profile.seconds()) {
    parts.push_back({{"name", name}, {"ms", 1e3 * (seconds - before[name]) / count}});
  }
  std::sort(parts.begin(), parts.end(),
            [](const nlohmann::json& a, const nlohmann::json& b) { return a["ms"] > b["ms"]; });
  std::cout << nlohmann::json{{"model", model_name},
                              {"data", data},
                              {"precision", precision},
                              {"steps", times.size()},
                              {"tokens", tokens / count},
                              {"texts", batch_texts / count},
                              {"step_ms", 1e3 * total / count},
                              {"gflop", 1e-9 * operations / count},
                              {"gflop_per_s", rates[rates.size() / 2]},
                              {"parts", parts}}
                   .dump()
            << "\n";
  return 0;
}

}  // namespace
}  // namespace finemix

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: step_bench MODEL|bert-base DATA|LENGTH [PRECISION [STEPS [TEXTS]]]\n";
    return 2;
  }
  try {
    const auto number = [&](int i, std::size_t otherwise) {
      return argc > i ? static_cast<std::size_t>(std::atoi(argv[i])) : otherwise;
    };
    return finemix::run(argv[1], argv[2], argc > 3 ? argv[3] : "auto", number(4, 40),
                        number(5, 32));
  } catch (const finemix::Error& error) {
    std::cerr << "step_bench: " << error.what() << "\n";
    return 1;
  }
}
