#pragma once

#include <string>
#include <vector>

#include "finemix/pipeline/purify.h"

namespace finemix {

struct DemoOptions {
  std::string pretrained;  // a BERT directory; empty: a tiny one is trained on the spot
  std::string output = "finemix-demo";
  RunOptions run;
};

struct DemoRow {
  std::string model;  // "clean", "word-triggered", …
  EvaluationRecord before;
  EvaluationRecord after;
};

struct DemoRecord {
  std::vector<DemoRow> rows;
  double seconds = 0;
};

// Makes a data set of review sentences, trains a clean classifier, makes a word-triggered and an
// embedding-poisoned one, and purifies both. Everything is left in `output`.
DemoRecord run_demo(const DemoOptions& options, Progress& progress);
Json to_json(const DemoRecord& record);

}  // namespace finemix
