#include "finemix/pipeline/inspect.h"

#include <memory>
#include <nlohmann/json.hpp>

#include "finemix/report/summary.h"
#include "verb.h"

namespace finemix {
Verb inspect_verb() {
  auto directory = std::make_shared<std::string>();
  Verb verb{.name = "inspect",
            .summary = "Tell what is in a checkpoint",
            .details =
                "Its family, configuration, files, tokenizer and tensors, read as the other "
                "commands read them, and what is unusual: weights that are no numbers, "
                "tensors without a use, files that could run code elsewhere.",
            .example = "finemix inspect suspect",
            .options = {},
            .run = {}};
  verb.options.group("Files");
  verb.options.positional("model", "DIR", directory.get(),
                          "a Hugging Face directory, or an id in the local hub cache");
  verb.options.require({"model"});

  verb.run = [directory](Console& console) {
    const InspectionRecord record = run_inspect(*directory);
    console.result(to_json(record), summary(record, console.color()));
  };
  return verb;
}

}  // namespace finemix
