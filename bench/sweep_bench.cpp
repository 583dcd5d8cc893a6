// Purifications by fine-mixing for every pair of a reserve ratio and a seed, in one process on
// shared inputs. Prints one JSON object, {"cells": [{"rho", "seed", "accuracy"}]}.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "finemix/core/error.h"
#include "finemix/pipeline/purify.h"
#include "finemix/pipeline/purify_inputs.h"

namespace finemix {
namespace {

int run(int argc, char** argv) {
  PurifyOptions options;
  options.set_method(kFineMixing);
  std::vector<std::string> rhos;
  std::vector<std::uint64_t> seeds;
  CLI::App app("Purifies by fine-mixing for every pair of --rho and --seeds in one process");
  app.add_option("--pretrained", options.pretrained)->required();
  app.add_option("--backdoored", options.backdoored)->required();
  app.add_option("--clean-data", options.clean_data)->required();
  app.add_option("--test-data", options.test_data)->required();
  app.add_option("--epochs", options.training.epochs);
  app.add_option("--threads", options.run.threads);
  app.add_option("--rho", rhos)->required();
  app.add_option("--seeds", seeds)->required();
  CLI11_PARSE(app, argc, argv);

  options.run.seed = seeds.front();
  const PurifyInputs inputs(options, no_progress());
  nlohmann::json cells = nlohmann::json::array();
  for (const std::string& rho : rhos) {
    for (const std::uint64_t seed : seeds) {
      options.rho = rho;
      options.run.seed = seed;
      const PurifyRecord record = run_purify(inputs, options, no_progress());
      cells.push_back(
          {{"rho", record.rho}, {"seed", record.seed}, {"accuracy", record.after.accuracy->value}});
    }
  }
  std::cout << nlohmann::json{{"cells", cells}}.dump() << "\n";
  return 0;
}

}  // namespace
}  // namespace finemix

int main(int argc, char** argv) {
  try {
    return finemix::run(argc, argv);
  } catch (const finemix::Error& error) {
    std::cerr << "sweep_bench: " << error.what() << "\n";
    return error.exit_code();
  }
}
