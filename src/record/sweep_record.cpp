#include "finemix/record/sweep_record.h"

#include <nlohmann/json.hpp>
#include <set>

#include "finemix/core/number.h"
#include "finemix/core/quote.h"
#include "record/from_json.h"
#include "record/to_json.h"

namespace finemix {
namespace {

constexpr std::size_t kMostSubjects = 10'000;
constexpr std::size_t kMostCells = 1'000'000;
constexpr std::size_t kMostInputs = 10'000;

Json to_json(const CellKey& key) {
  return {{"task", key.task},     {"attack", key.attack},
          {"method", key.method}, {"rho", key.rho ? Json(*key.rho) : Json(nullptr)},
          {"epur", key.epur},     {"clean_size", key.clean_size},
          {"seed", key.seed}};
}

Json attack_json(const AttackRecord& attack) {
  Json json = without_times(to_json(attack));
  if (attack.training) json["training"] = without_times(json["training"]);
  return json;
}

CellKey read_key(Fields fields) {
  CellKey key;
  key.task = fields.text("task");
  key.attack = fields.text("attack");
  key.method = fields.text("method");
  if (!fields.is_null("rho")) key.rho = fields.number("rho", 0, 1);
  key.epur = fields.boolean("epur");
  key.clean_size = fields.integer("clean_size", 0, kMostTexts);
  key.seed = fields.count("seed");
  fields.end();
  return key;
}

SubjectRecord read_subject(Fields fields) {
  SubjectRecord record;
  record.task = fields.text("task");
  record.attack = fields.text("attack");
  record.made = read_attack(fields.object("made"));
  record.before = read_evaluation(fields.object("before"));
  record.sha256 = fields.text("sha256");
  if (!fields.is_null("epur")) record.epur = read_epur_figure(fields.object("epur"));
  fields.end();
  return record;
}

CellRecord read_cell(Fields fields) {
  CellRecord record;
  record.key = read_key(fields.object("key"));
  record.rho = fields.number("rho", 0, 1);
  record.after = read_evaluation(fields.object("after"));
  record.mcnemar = read_mcnemar(fields.object("mcnemar"));
  record.reset_rows = fields.count("reset_rows");
  if (!fields.is_null("trigger_reset")) record.trigger_reset = fields.boolean("trigger_reset");
  record.steps = fields.count("steps");
  record.predictions_sha256 = fields.text("predictions_sha256");
  fields.end();
  return record;
}

using SubjectKey = std::pair<std::string, std::string>;

// Each subject and cell once, and each cell with its subject.
void check_whole(const SweepRecord& record, const Fields& fields) {
  std::set<SubjectKey> subjects;
  for (const SubjectRecord& subject : record.subjects) {
    if (!subjects.emplace(subject.task, subject.attack).second) {
      fields.refuse("subjects", "each task and attack once: " + quote(subject.task) + ", " +
                                    quote(subject.attack) + " is there twice");
    }
  }
  std::set<std::string> planes;
  for (const LandscapeRecord& one : record.landscapes) {
    const std::string name = subject_name(one.task, one.attack) + "." + name_part(one.method);
    if (!planes.insert(name).second) {
      fields.refuse("landscapes", "each plane once: " + name + " is there twice");
    }
  }
  std::set<std::string> planned;
  for (const std::string& name : record.planned) {
    if (!planned.insert(name).second) {
      fields.refuse("planned", "each cell once: " + printable(name) + " is there twice");
    }
  }
  std::set<std::string> names;
  for (const CellRecord& cell : record.cells) {
    if (!names.insert(cell_name(cell.key)).second) {
      fields.refuse("cells", "each cell once: " + cell_name(cell.key) + " is there twice");
    }
    if (!subjects.contains({cell.key.task, cell.key.attack})) {
      fields.refuse("cells", "cells of 'subjects': " + cell_name(cell.key) + " has none");
    }
  }
}

}  // namespace

std::optional<double> fidelity(const EvaluationRecord& before, const EvaluationRecord& after) {
  if (!before.accuracy || !after.accuracy || !before.attack_success_rate ||
      !after.attack_success_rate) {
    return std::nullopt;
  }
  const double accuracy = before.accuracy->value;
  const double success = before.attack_success_rate->value;
  if (accuracy == 0 || success == 0) return std::nullopt;
  return (success - after.attack_success_rate->value) / success * after.accuracy->value / accuracy;
}

std::string name_part(const std::string& name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_';
    if (plain) {
      text += c;
    } else {
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string subject_name(const std::string& task, const std::string& attack) {
  return name_part(task) + "." + name_part(attack);
}

std::string cell_name(const CellKey& key) {
  std::string name = subject_name(key.task, key.attack) + "." + name_part(key.method);
  if (key.rho) name += ".rho-" + plain_number(*key.rho);
  if (key.epur) name += ".epur";
  name += ".n-" + (key.clean_size == 0 ? "all" : std::to_string(key.clean_size));
  return name + ".seed-" + std::to_string(key.seed);
}

Json to_json(const SubjectRecord& record) {
  return {{"task", record.task},
          {"attack", record.attack},
          {"made", attack_json(record.made)},
          {"before", without_times(to_json(record.before))},
          {"sha256", record.sha256},
          {"epur", json_or_null(record.epur)}};
}

Json to_json(const CellRecord& record) {
  return {{"key", to_json(record.key)},
          {"rho", record.rho},
          {"after", without_times(to_json(record.after))},
          {"mcnemar", to_json(record.mcnemar)},
          {"reset_rows", record.reset_rows},
          {"trigger_reset", record.trigger_reset ? Json(*record.trigger_reset) : Json(nullptr)},
          {"steps", record.steps},
          {"predictions_sha256", record.predictions_sha256}};
}

Json to_json(const SweepRecord& record) {
  return {{"schema", kSweepSchema},
          {"version", record.version},
          {"title", record.title},
          {"command", record.request.command},
          {"config", record.request.config},
          {"inputs", list_json(record.inputs)},
          {"subjects", list_json(record.subjects)},
          {"planned", record.planned},
          {"cells", list_json(record.cells)},
          {"landscapes", list_json(record.landscapes)}};
}

SubjectRecord subject_from_json(const Json& json, std::string_view object) {
  return read_subject({json, std::string(object)});
}

CellRecord cell_from_json(const Json& json, std::string_view object) {
  return read_cell({json, std::string(object)});
}

SweepRecord sweep_from_json(const Json& json, std::string_view object) {
  Fields fields(json, std::string(object));
  if (fields.text("schema") != kSweepSchema)
    fields.refuse("schema", "\"" + std::string(kSweepSchema) + "\"");
  SweepRecord record;
  record.version = fields.text("version");
  record.title = fields.text("title");
  record.request.command = fields.text("command");
  record.request.config = fields.any("config");
  for (Fields& input : fields.objects("inputs", kMostInputs)) {
    record.inputs.push_back(read_input(std::move(input)));
  }
  for (Fields& subject : fields.objects("subjects", kMostSubjects)) {
    record.subjects.push_back(read_subject(std::move(subject)));
  }
  for (Fields& cell : fields.objects("cells", kMostCells)) {
    record.cells.push_back(read_cell(std::move(cell)));
  }
  record.planned = fields.texts("planned", kMostCells);
  for (Fields& landscape : fields.objects("landscapes", kMostSubjects)) {
    record.landscapes.push_back(read_landscape(std::move(landscape)));
  }
  fields.end();
  check_whole(record, fields);
  return record;
}

}  // namespace finemix
