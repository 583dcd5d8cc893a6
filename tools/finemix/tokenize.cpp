#include <memory>
#include <nlohmann/json.hpp>

#include "common_options.h"
#include "verb.h"

namespace finemix {

Verb tokenize_verb() {
  auto options = std::make_shared<TokenizeVerbOptions>();
  Verb verb{.name = "tokenize",
            .summary = "Print the ids of word pieces",
            .details = "One line of ids for each text, special tokens included.",
            .example = "finemix tokenize --model bert --data test.tsv",
            .options = {},
            .run = {}};
  OptionTable& table = verb.options;
  table.group("Files");
  table.text("model", "DIR", &options->model, "a model directory with a tokenizer");
  table.text("data", "FILE", &options->data, "texts (TSV, CSV or JSON lines)");
  table.require({"model", "data"});
  bind_run(table, &options->run);

  verb.run = [options](Console& console) {
    Json rows = Json::array();
    run_tokenize(*options, [&](std::span<const std::int32_t> ids) {
      if (console.json()) {
        rows.push_back(ids);
        return;
      }
      std::string line;
      for (const std::int32_t id : ids) line += std::to_string(id) + " ";
      if (!line.empty()) line.back() = '\n';
      console.write(line);
    });
    console.result({{"ids", rows}}, "");
  };
  return verb;
}

}  // namespace finemix
