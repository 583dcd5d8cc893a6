#include "targets.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "../unit/io/io_testing.h"
#include "../unit/io/safetensors_testing.h"
#include "../unit/io/torch_zip_testing.h"
#include "../unit/text/spm_testing.h"
#include "finemix/core/error.h"
#include "finemix/io/checkpoint.h"
#include "finemix/io/json.h"
#include "finemix/io/safetensors.h"
#include "finemix/io/torch_zip.h"
#include "finemix/model/config.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "io/zip_directory.h"

namespace finemix::fuzz {
namespace {

using std::filesystem::path;
using testing::write_file;

void require(bool holds, const char* what) {
  if (!holds) throw std::logic_error(what);
}

void read_tensors(const TensorFile& file) {
  for (const TensorInfo& info : file.tensors()) {
    std::vector<std::byte> whole(info.bytes);
    file.read(info, whole);
    std::vector<std::byte> half(info.elements() / 2 * dtype_size(info.dtype));
    file.read(info, info.bytes - half.size(), half);
    require(std::equal(half.rbegin(), half.rend(), whole.rbegin()), "a part is not the whole's");
    require(file.find(info.name) == &info, "a tensor is not found by its name");
  }
}

// Encodes texts, the pieces of which must be in the vocabulary.
void encode(const Tokenizer& tokenizer, const std::string& text) {
  const auto size = static_cast<std::int64_t>(tokenizer.vocabulary_size());
  const auto check = [&](std::span<const std::int32_t> ids) {
    for (const std::int32_t id : ids) require(id >= 0 && id < size, "an id is no piece");
  };
  check(tokenizer.pieces(text));
  check(tokenizer.special_ids());
  const std::vector<std::int32_t> ids = tokenizer.encode({text, text, -1}, 64).ids;
  require(ids.size() <= 64, "a text is longer than it may be");
  check(ids);
}

void load(const path& directory) {
  encode(*load_tokenizer(directory),
         "New abab \t[CLS]a <mask>b's <x>\u00e9\u4e2d\xFF  \n12 \u0301A\u0301 \u2026 \u1100\u1161");
}

void read_data(const path& file) {
  const Dataset data = read_dataset(file, false);
  require(data.size() > 0, "a data set has no rows");
  for (const Example& example : data.examples) {
    require(example.text_b.has_value() == data.pairs(), "a text is no pair");
  }
}

constexpr std::string_view kBpeTokens =
    R"({"<s>":0,"<pad>":1,"</s>":2,"a":3,"b":4,"Ġ":5,"ab":6,"Ġab":7,"<mask>":8,"<unk>":9})";
constexpr std::string_view kMerges = "#version: 0.2\na b\nĠ ab\n";
constexpr std::string_view kWords = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\né\n中\n";

std::string state_dict() {
  using namespace testing::pickle;
  return testing::pickle::state_dict(text("w") + tensor(storage("0", 6), 0, {3, 2}, {1, 3}) +
                                     text("b") + vector_tensor("1", 2) + text("mask") +
                                     tensor(storage("2", 4, "BoolStorage"), 1, {3}, {1}));
}

std::string torch_file(std::string_view pickle) {
  return testing::torch_file(
      std::string(pickle),
      {{"0", std::string(24, 'w')}, {"1", "biasbias"}, {"2", std::string(4, '\1')}});
}

// The pickle of a file of torch.save; nothing where no archive can be read.
std::string data_pickle(const path& file) try {
  const InputFile archive(file);
  for (const ZipEntry& entry : read_zip_directory(archive)) {
    if (entry.name.ends_with("/data.pkl")) return read_zip_entry(archive, entry, 1 << 20);
  }
  return "";
} catch (const Error&) {
  return "";
}

const std::array<Target, 17> kTargets = {{
    {"safetensors", ".safetensors",
     [](const path& directory, std::string_view bytes) {
       read_tensors(SafetensorsReader(write_file(directory / "model.safetensors", bytes)));
     },
     testing::safetensors_file(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})",
                               std::string("\0\1", 2))},
    {"torch_zip", ".bin",
     [](const path& directory, std::string_view bytes) {
       read_tensors(TorchZipReader(write_file(directory / "pytorch_model.bin", bytes)));
     },
     torch_file(state_dict())},
    // The same in an archive that is right, whose checksum a mutation would break.
    {"state_dict_pickle", ".bin",
     [](const path& directory, std::string_view bytes) {
       read_tensors(TorchZipReader(write_file(directory / "pytorch_model.bin", torch_file(bytes))));
     },
     state_dict(), data_pickle},
    {"index", ".index.json",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "config.json", "{}");
       write_file(directory / "one.safetensors",
                  testing::safetensors_file(
                      R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "x"));
       write_file(directory / "model.safetensors.index.json", bytes);
       require(Checkpoint::open(directory).contains("a"), "a tensor is lost");
     },
     R"({"metadata":{"total_size":1},"weight_map":{"a":"one.safetensors"}})"},
    {"json", ".json",
     [](const path&, std::string_view bytes) { json_text(parse_json(bytes, "fuzz.json")); },
     R"({"a":[1,-2.5e3,null,true,"\u00e9\ud83d\ude00"],"b":{}})"},
    {"config", "config.json",
     [](const path&, std::string_view bytes) {
       const EncoderConfig config = parse_encoder_config(bytes, "config.json");
       require(config.max_tokens() > 0 && config.head_size() > 0, "a size is 0");
       require(config.depth() <= 256 && config.hidden_size <= 16'384, "a size has no bound");
       for (std::int64_t layer = 0; layer < config.depth(); ++layer) {
         require(config.stored_layer(layer) < config.stored_layers(), "a layer is not stored");
       }
     },
     R"({"model_type":"albert","num_hidden_layers":6,"num_hidden_groups":4,"hidden_size":64,)"
     R"("num_attention_heads":2,"id2label":{"0":"a","1":"b"}})"},
    {"vocabulary_lines", "/vocab.txt",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "vocab.txt", bytes);
       load(directory);
     },
     std::string(kWords)},
    {"vocabulary_object", "/vocab.json",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "vocab.json", bytes);
       write_file(directory / "merges.txt", kMerges);
       load(directory);
     },
     std::string(kBpeTokens)},
    {"merges", "/merges.txt",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "vocab.json", kBpeTokens);
       write_file(directory / "merges.txt", bytes);
       load(directory);
     },
     std::string(kMerges)},
    {"tokenizer_config", "/tokenizer_config.json",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "vocab.txt", kWords);
       write_file(directory / "tokenizer_config.json", bytes);
       load(directory);
     },
     R"({"tokenizer_class":"BertTokenizer","do_lower_case":true,"strip_accents":null,)"
     R"("added_tokens_decoder":{"10":{"content":"New","normalized":true}}})"},
    {"special_tokens_map", "/special_tokens_map.json",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "vocab.txt", kWords);
       write_file(directory / "special_tokens_map.json", bytes);
       load(directory);
     },
     R"({"mask_token":{"content":"[MASK]","lstrip":true},"unk_token":"[UNK]"})"},
    {"tokenizer_json", "/tokenizer.json",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "tokenizer.json", bytes);
       load(directory);
     },
     R"({"added_tokens":[{"id":1,"content":"[CLS]","special":true}],"normalizer":)"
     R"({"type":"BertNormalizer","lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},)"
     R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]",)"
     R"("type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[{"Sequence":{"id":"A",)"
     R"("type_id":0}},{"Sequence":{"id":"B","type_id":1}}],"special_tokens":{"[CLS]":)"
     R"({"id":"[CLS]","ids":[1],"tokens":["[CLS]"]}}},"model":{"type":"WordPiece",)"
     R"("unk_token":"[UNK]","vocab":{"[UNK]":0,"[CLS]":1,"a":2,"##b":3,"ab":4}}})"},
    {"spm_model", ".model",
     [](const path& directory, std::string_view bytes) {
       write_file(directory / "config.json", R"({"model_type": "albert"})");
       write_file(directory / "spiece.model", bytes);
       load(directory);
     },
     testing::spm::joined(testing::spm::model_parts())},
    {"tsv", ".tsv",
     [](const path& directory, std::string_view bytes) {
       read_data(write_file(directory / "data.tsv", bytes));
     },
     "text_a\tlabel\ttext_b\na\t0\tb\r\n\"c\t1\td\n"},
    {"csv", ".csv",
     [](const path& directory, std::string_view bytes) {
       read_data(write_file(directory / "data.csv", bytes));
     },
     "label,text\n0,\"a \"\"b\"\",\nc\"\r\n1,d\n"},
    {"json_lines", ".jsonl",
     [](const path& directory, std::string_view bytes) {
       read_data(write_file(directory / "data.jsonl", bytes));
     },
     "{\"text\":\"a\",\"label\":0}\n\n{\"label\":1,\"text\":\"b\"}\n"},
    // No file of a checkpoint, but texts come from strangers too.
    {"text", "/text/words.txt",
     [](const path& directory, std::string_view bytes) {
       static const std::array<std::shared_ptr<const Tokenizer>, 4> tokenizers = [&] {
         const path words = directory / "words" / "vocab.txt";
         write_file(words, kWords);
         const path data = FINEMIX_TEST_DATA "/text";
         return std::array{load_tokenizer(words.parent_path()), load_tokenizer(data / "spm_small"),
                           load_tokenizer(data / "byte_bpe/files"),
                           load_tokenizer(data / "spm/deberta")};
       }();
       for (const auto& tokenizer : tokenizers) encode(*tokenizer, std::string(bytes));
     },
     "ab  \u00e9\u0301 \u1100\u1161\u11a8 \U0001F469\u200d\U0001F52C <mask>[SEP]'s 12 \xFF\xC0"},
}};

}  // namespace

std::span<const Target> targets() { return kTargets; }

std::vector<Seed> seeds(const Target& target) {
  std::vector<path> files;
  for (const char* folder : {"tests/hostile", "tests/data"}) {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path(FINEMIX_SOURCE_DIR) / folder)) {
      if (entry.is_regular_file() && entry.path().native().ends_with(target.seeds)) {
        files.push_back(entry.path());
      }
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Seed> seeds = {{"its example", target.example}};
  for (const path& file : files) seeds.push_back({file, target.cut(file)});
  return seeds;
}

bool accepts(const Target& target, const path& directory, std::string_view bytes) {
  try {
    target.read(directory, bytes);
    return true;
  } catch (const Error& error) {
    // kFile: an index may name a shard that is not there.
    constexpr std::array kFaultsOfInput = {ErrorKind::kMalformed, ErrorKind::kMismatch,
                                           ErrorKind::kFile};
    if (std::ranges::find(kFaultsOfInput, error.kind()) != kFaultsOfInput.end()) return false;
    throw std::logic_error(error.what());
  }
}

}  // namespace finemix::fuzz
