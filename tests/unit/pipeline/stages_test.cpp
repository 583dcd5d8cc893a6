#include "finemix/pipeline/stages.h"

#include <ATen/ops/randn_like.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../io/io_testing.h"
#include "../model/model_testing.h"
#include "finemix/core/parallel.h"
#include "finemix/io/json.h"
#include "finemix/io/manifest.h"
#include "finemix/io/safetensors.h"
#include "pipeline/inputs.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::expect_error;
using testing::read_file;
using testing::TemporaryDirectory;
using testing::write_file;

// Word embeddings of three pieces, the last of them not whole (see kStreamedElements).
constexpr std::int64_t kVocabulary = 9001;

const std::string kConfig =
    R"({"architectures": ["BertForSequenceClassification"], "model_type": "bert",)"
    R"( "hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2,)"
    R"( "intermediate_size": 100, "vocab_size": 9001, "max_position_embeddings": 16,)"
    R"( "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,)"
    R"( "id2label": {"0": "bad", "1": "good"}})";

class Stages : public ::testing::Test {
 protected:
  Stages() {
    make("pretrained", 1);
    make("suspect", 2);
  }
  ~Stages() override { set_thread_count(0); }

  fs::path at(const std::string& name) const { return directory_ / name; }

  void make(const std::string& name, std::uint64_t seed, DType dtype = DType::kF32) {
    fs::remove_all(at(name));
    fs::create_directory(at(name));
    Model model = random_model(parse_encoder_config(kConfig, "config.json"), kConfig, seed);
    // Biases are drawn as zeros: nothing that is taken from one model must look like the other's.
    for (auto& entry : model.weights) entry.second.add_(at::randn_like(entry.second), 0.01);
    testing::save_model_as(model, at(name), dtype);
    std::string words = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";
    for (std::int64_t i = 5; i < kVocabulary; ++i) words += "w" + std::to_string(i) + "\n";
    write_file(at(name) / "vocab.txt", words);
  }

  // Takes the weights of `name` apart into shards: by the last letter of the tensors' names.
  void shard(const std::string& name, const std::string& first = "model-00001-of-00002.safetensors",
             const std::string& second = "model-00002-of-00002.safetensors") {
    const SafetensorsReader whole(at(name) / "model.safetensors");
    std::map<std::string, std::vector<TensorBytes>> files;
    std::vector<std::vector<std::byte>> owners;
    Json weight_map = Json::object();
    for (const TensorInfo& info : whole.tensors()) {
      std::vector<std::byte>& bytes = owners.emplace_back(info.bytes);
      whole.read(info, bytes);
      const std::string& file = info.name.ends_with('t') ? first : second;
      files[file].push_back({info.name, info.dtype, info.shape, bytes});
      weight_map[info.name] = file;
    }
    for (const auto& [file, tensors] : files) write_safetensors(at(name) / file, tensors);
    write_file(at(name) / "model.safetensors.index.json",
               Json({{"metadata", Json::object()}, {"weight_map", weight_map}}).dump());
    fs::remove(at(name) / "model.safetensors");
  }

  MixVerbOptions mix_options(Select select = Select::kRandom) const {
    MixVerbOptions options;
    options.pretrained = at("pretrained");
    options.backdoored = at("suspect");
    options.output = at("mixed");
    options.checks.force = true;  // two models that have nothing in common
    options.mix.rho = 0.3;
    options.mix.select = select;
    options.run.seed = 5;
    options.run.overwrite = true;
    return options;
  }

  // The same by loading everything, mixing in memory and saving.
  MixRecord mix_in_memory(const MixVerbOptions& options) const {
    Model pretrained = load_model(options.pretrained), suspect = load_model(options.backdoored);
    MixOptions mix_options = options.mix;
    mix_options.seed = options.run.seed;
    MixResult result = mix(pretrained.weights, suspect.weights, mix_options);
    suspect.weights = std::move(result.weights);
    apply_head_choice(options.head, suspect, options.run.seed);
    fs::remove_all(at("expected"));
    fs::create_directory(at("expected"));
    save_model(suspect, at("expected"));
    return result.record;
  }

  void expect_same_as_in_memory(const MixVerbOptions& options, const std::string& what) {
    const MixRecord expected = mix_in_memory(options);
    const MixRecord record = run_mix(options, no_progress());
    for (const char* file : {"model.safetensors", "config.json", "vocab.txt"}) {
      EXPECT_TRUE(read_file(at("mixed") / file) == read_file(at("expected") / file))
          << what << ": " << file;
    }
    EXPECT_EQ(record.kept, expected.kept);
    EXPECT_EQ(record.kept_whole, expected.kept_whole);
    ASSERT_EQ(record.tensors.size(), expected.tensors.size());
    for (std::size_t i = 0; i < record.tensors.size(); ++i) {
      EXPECT_EQ(record.tensors[i].name, expected.tensors[i].name);
      EXPECT_EQ(record.tensors[i].kept, expected.tensors[i].kept) << record.tensors[i].name;
    }
  }

  const TemporaryDirectory directory_;
};

TEST_F(Stages, MixFromFilesGivesTheBytesOfTheMixInMemory) {
  for (const auto& [pretrained, suspect] : {std::pair{DType::kF32, DType::kF32},
                                            {DType::kBF16, DType::kBF16},
                                            {DType::kF16, DType::kF16},
                                            {DType::kF64, DType::kF64},
                                            {DType::kF16, DType::kBF16},
                                            {DType::kF32, DType::kF16}}) {
    make("pretrained", 1, pretrained);
    make("suspect", 2, suspect);
    for (const Select select : {Select::kRandom, Select::kSmallDelta, Select::kLargeDelta,
                                Select::kTrimmed, Select::kRescaled, Select::kAverage}) {
      expect_same_as_in_memory(mix_options(select), std::string(dtype_name(pretrained)) + "+" +
                                                        std::string(dtype_name(suspect)) + " " +
                                                        std::string(select_name(select)));
    }
  }
}

TEST_F(Stages, MixGivesTheSameBytesAtAnyThreadCount) {
  MixVerbOptions options = mix_options();
  for (const std::int64_t threads : {1, 2, 4, 9}) {
    options.run.threads = threads;
    expect_same_as_in_memory(options, std::to_string(threads) + " threads");
  }
}

TEST_F(Stages, MixDrawsANewHeadWhereAsked) {
  MixVerbOptions options = mix_options();
  options.head = "reinit";
  expect_same_as_in_memory(options, "reinit");
  options.head = "other";
  expect_error(ErrorKind::kUsage, {"--head", "other"}, [&] { run_mix(options, no_progress()); });
}

TEST_F(Stages, MixCountsTheSameWithoutAnOutput) {
  for (const Select select :
       {Select::kRandom, Select::kSmallDelta, Select::kTrimmed, Select::kAverage}) {
    MixVerbOptions options = mix_options(select);
    const MixRecord written = run_mix(options, no_progress());
    options.output = "";
    const MixRecord counted = run_mix(options, no_progress());
    for (std::size_t i = 0; i < written.tensors.size(); ++i) {
      EXPECT_EQ(counted.tensors[i].kept, written.tensors[i].kept);
    }
  }
}

TEST_F(Stages, AShardedSuspectGivesTheSameShards) {
  mix_in_memory(mix_options());
  shard("suspect");
  run_mix(mix_options(), no_progress());
  EXPECT_FALSE(fs::exists(at("mixed") / "model.safetensors"));
  const Checkpoint mixed = Checkpoint::open(at("mixed"));
  const SafetensorsReader expected(at("expected") / "model.safetensors");
  ASSERT_EQ(mixed.tensor_names().size(), expected.tensors().size());
  const Checkpoint suspect = Checkpoint::open(at("suspect"));
  for (const TensorInfo& info : expected.tensors()) {
    EXPECT_EQ(mixed.file_of(info.name), suspect.file_of(info.name));
    std::vector<std::byte> bytes(info.bytes), expected_bytes(info.bytes);
    mixed.read(info.name, bytes);
    expected.read(info, expected_bytes);
    EXPECT_TRUE(bytes == expected_bytes) << info.name;
  }
}

TEST_F(Stages, AShardMustNotTakeTheNameOfAnotherFile) {
  shard("suspect", "manifest.json");
  expect_error(ErrorKind::kMalformed, {"manifest.json", ".safetensors"},
               [&] { run_mix(mix_options(), no_progress()); });
  EXPECT_FALSE(fs::exists(at("mixed")));
}

TEST_F(Stages, TheManifestHasTheHashesOfWhatWasWritten) {
  shard("suspect");
  run_mix(mix_options(), no_progress());
  const Json manifest = read_json_file(at("mixed") / "manifest.json");
  ASSERT_EQ(manifest["files"].size(), 5u);  // config, index, two shards, vocabulary
  for (const Json& file : manifest["files"]) {
    const fs::path path = at("mixed") / file["path"].get<std::string>();
    EXPECT_EQ(file["sha256"], sha256_file(path)) << path;
    EXPECT_EQ(file["bytes"], fs::file_size(path));
  }
}

TEST_F(Stages, ModelsOfOtherShapesAreRefusedBeforeAnythingIsWritten) {
  std::string config = kConfig;
  config.replace(config.find("\"intermediate_size\": 100"), 24, "\"intermediate_size\": 101");
  fs::remove_all(at("pretrained"));
  fs::create_directory(at("pretrained"));
  save_model(random_model(parse_encoder_config(config, "config.json"), config, 1),
             at("pretrained"));
  expect_error(ErrorKind::kMismatch, {"intermediate.dense", "[101", "[100", "fine-tuned from"},
               [&] { run_mix(mix_options(), no_progress()); });
  EXPECT_FALSE(fs::exists(at("mixed")));
}

// Half-precision matrices and full-precision norms and biases, as some tools write them.
TEST_F(Stages, EachTensorKeepsItsType) {
  Model suspect = load_model(at("suspect"));
  for (auto& [name, place] : suspect.places) {
    place.dtype = name.ends_with(".bias") || name.find("LayerNorm") != std::string::npos
                      ? DType::kF32
                      : DType::kF16;
  }
  fs::remove(at("suspect") / "model.safetensors");
  fs::remove(at("suspect") / "config.json");
  suspect.directory.clear();
  save_model(suspect, at("suspect"));
  MixVerbOptions options = mix_options();
  options.mix.rho = 1;
  run_mix(options, no_progress());
  EXPECT_TRUE(read_file(at("mixed") / "model.safetensors") ==
              read_file(at("suspect") / "model.safetensors"));
  options.mix.rho = 0.3;
  for (const Select select : {Select::kRandom, Select::kAverage}) {
    options.mix.select = select;
    expect_same_as_in_memory(options, "mixed types");
  }
}

TEST_F(Stages, WhatIsTrainedIsF32AndSaysSo) {
  std::string config = kConfig;
  config.insert(1, R"("torch_dtype": "float16", )");
  Model base = load_model(at("pretrained"));
  base.config_text = config;
  for (auto& entry : base.places) entry.second.dtype = DType::kF16;
  base.directory.clear();
  for (const char* name : {"config.json", "model.safetensors"}) fs::remove(at("pretrained") / name);
  save_model(base, at("pretrained"));
  write_file(at("data.tsv"), "text\tlabel\nw7 w8\t1\nw9 w10\t0\n");
  TrainVerbOptions train;
  train.pretrained = at("pretrained");
  train.data = at("data.tsv");
  train.output = at("trained");
  train.training.epochs = 1;
  train.run.max_length = 16;
  run_train(train, no_progress());
  EXPECT_EQ(read_json_file(at("trained") / "config.json")["torch_dtype"], "float32");
  for (const TensorInfo& tensor :
       SafetensorsReader(at("trained") / "model.safetensors").tensors()) {
    EXPECT_EQ(tensor.dtype, DType::kF32) << tensor.name;
  }
}

TEST_F(Stages, AFileThatIsCutShortLeavesNoOutput) {
  const fs::path weights = at("pretrained") / "model.safetensors";
  fs::resize_file(weights, fs::file_size(weights) - 4);
  EXPECT_THROW(run_mix(mix_options(), no_progress()), Error);
  EXPECT_FALSE(fs::exists(at("mixed")));
}

TEST_F(Stages, EpurWritesTheSuspectWithSomeRowsReset) {
  EpurVerbOptions options;
  options.pretrained = at("pretrained");
  options.backdoored = at("suspect");
  options.output = at("purified");
  options.checks.force = true;
  options.epur.top_k = 3;
  const EpurRecord record = run_epur(options, no_progress());
  EXPECT_EQ(record.reset_count, 3u);
  const Model pretrained = load_model(options.pretrained), suspect = load_model(options.backdoored),
              purified = load_model(options.output);
  for (const auto& [name, tensor] : suspect.weights) {
    at::Tensor expected = tensor.clone();
    if (name == kWordEmbeddings) {
      for (int i = 0; i < 3; ++i) {
        const std::int64_t id = record.rows[static_cast<std::size_t>(i)].id;
        expected[id].copy_(pretrained.weights.at(name)[id]);
      }
    }
    EXPECT_TRUE(purified.weights.at(name).equal(expected)) << name;
  }
}

}  // namespace
}  // namespace finemix
