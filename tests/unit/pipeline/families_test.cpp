// Each family from its files to a purified model: trained, attacked by nobody, purified, and
// written as the suspect was.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "../io/io_testing.h"
#include "finemix/io/manifest.h"
#include "finemix/model/stored_model.h"
#include "finemix/pipeline/purify.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"

namespace finemix {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryDirectory;

struct Case {
  std::string family;     // model_type
  std::string tokenizer;  // directory of tests/data/text
  std::string more;       // of config.json
};

const std::string kSizes =
    R"(, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,)"
    R"( "intermediate_size": 24, "max_position_embeddings": 40, "type_vocab_size": 2)";

Dataset sentences() {
  Dataset data{"sentences", {}};
  for (const char* subject : {"the movie", "this script", "a long film", "the new plot"}) {
    for (const bool likes : {true, false}) {
      data.examples.push_back(
          {std::string(likes ? "we like " : "we hate ") + subject, std::nullopt, likes});
    }
  }
  return data;
}

class Families : public ::testing::TestWithParam<Case> {
 protected:
  std::string at(const std::string& name) const { return (directory_ / name).native(); }

  // An encoder of the family, as if pre-trained.
  void make_base() {
    const fs::path tokenizer = fs::path(FINEMIX_TEST_DATA "/text") / GetParam().tokenizer;
    fs::create_directory(at("base"));
    // A family's own rules are known by config.json.
    testing::write_file(at("base/config.json"), R"({"model_type": ")" + GetParam().family + "\"}");
    copy_tokenizer_files(tokenizer, at("base"));
    const std::size_t tokens = load_tokenizer(at("base"))->vocabulary_size();
    const std::string config = R"({"model_type": ")" + GetParam().family + R"(", "vocab_size": )" +
                               std::to_string(tokens) + GetParam().more + "}";
    Model base = random_model(parse_encoder_config(config, "config.json"), config, 1);
    erase_head(base.weights);
    fs::remove(at("base/config.json"));
    save_model(base, at("base"));
  }

  // Its weights in two shards and narrow.
  void narrow_and_shard(const std::string& from, const std::string& to) {
    Model model = load_model(at(from));
    bool second = false;
    for (auto& entry : model.places) {
      second = !second;
      entry.second.dtype = DType::kBF16;
      entry.second.file =
          second ? "model-00001-of-00002.safetensors" : "model-00002-of-00002.safetensors";
    }
    fs::create_directory(at(to));
    save_model(model, at(to));
  }

  TemporaryDirectory directory_;
};

TEST_P(Families, IsTrainedPurifiedAndWrittenAsItCame) {
  make_base();
  write_dataset(at("data.tsv"), sentences(), false);
  TrainVerbOptions train;
  train.pretrained = at("base");
  train.data = at("data.tsv");
  train.output = at("suspect");
  train.training.epochs = 4;
  train.training.learning_rate = 1e-3;
  train.training.batch_size = 4;
  train.run.max_length = 32;
  run_train(train, no_progress());
  narrow_and_shard("suspect", "narrow");

  for (const std::string method : {kFineMixing, kFinePruning}) {
    PurifyOptions purify;
    purify.set_method(method);
    purify.pretrained = at("base");
    purify.backdoored = at("narrow");
    purify.clean_data = purify.test_data = at("data.tsv");
    purify.output = at("purified-" + method);
    purify.rho = "0.5";
    purify.training.epochs = 2;
    purify.run.max_length = 32;
    const PurifyRecord record = run_purify(purify, no_progress());
    EXPECT_TRUE(record.after.accuracy.has_value());
    EXPECT_TRUE(verify_manifest(purify.output).problems.empty());

    const StoredModel suspect = StoredModel::open(at("narrow"));
    const StoredModel purified = StoredModel::open(purify.output);
    EXPECT_EQ(purified.config_text(), suspect.config_text());
    ASSERT_EQ(purified.places().size(), suspect.places().size());
    for (const auto& [name, place] : suspect.places()) {
      const StoredPlace& written = purified.places().at(name);
      EXPECT_EQ(written.name, place.name);
      EXPECT_EQ(written.file, place.file);
      EXPECT_EQ(purified.info(name).dtype, DType::kBF16) << name;
    }
    for (const fs::path& file : tokenizer_files(at("narrow"))) {
      EXPECT_EQ(testing::read_file(file),
                testing::read_file(fs::path(purify.output) / file.filename()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Pipeline, Families,
    ::testing::Values(Case{"bert", "lower", kSizes},
                      Case{"electra", "lower", kSizes + R"(, "embedding_size": 8)"},
                      Case{"distilbert", "lower",
                           R"(, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24,)"
                           R"( "max_position_embeddings": 40)"},
                      Case{"roberta", "byte_bpe/files", kSizes},
                      Case{"xlm-roberta", "spm/xlmr", kSizes},
                      Case{"camembert", "spm/camembert", kSizes},
                      Case{"albert", "spm/albert",
                           kSizes + R"(, "embedding_size": 8, "hidden_dropout_prob": 0.1)"}),
    [](const auto& test) {
      std::string name = test.param.family;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace finemix
