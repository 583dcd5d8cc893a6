#include <memory>
#include <nlohmann/json.hpp>

#include "finemix/record/verification.h"
#include "finemix/report/summary.h"
#include "verb.h"

namespace finemix {

Verb verify_verb() {
  auto directory = std::make_shared<std::string>();
  Verb verb{
      .name = "verify",
      .summary = "Tell whether an output is as finemix wrote it",
      .details =
          "Compares every file of a directory with the sizes and SHA-256 of its "
          "manifest.json. Exit code 1 when a file was changed, taken away or added, 4 when the "
          "manifest itself was changed.",
      .example = "finemix verify purified",
      .options = {},
      .run = {}};
  verb.options.group("Files");
  verb.options.positional("directory", "DIR", directory.get(), "a directory that finemix wrote");
  verb.options.require({"directory"});

  verb.run = [directory](Console& console) {
    const Verification verification = verify_manifest(*directory);
    if (!verification.problems.empty()) console.found_something();
    console.result(to_json(verification), summary(verification));
  };
  return verb;
}

}  // namespace finemix
