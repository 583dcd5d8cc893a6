#include "grid_options.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>

#include "common_options.h"
#include "finemix/attack/poison.h"
#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/pipeline/mitigations.h"
#include "method_options.h"

namespace finemix {
namespace {

using Expected = std::optional<std::string>;

constexpr const char* kGeneratedTask = "generated";

// What makes an item of a list.
template <typename Item>
struct Items {
  std::function<Item(const std::string&)> named;
  std::function<void(OptionTable&, Item*)> bind;
  std::function<void(Item&, const Json&)> finish;  // once an object's keys are set
};

// What `make` returns or throws, with the place in the list before the message.
template <typename Make>
auto at_place(const std::string& place, const Make& make) {
  try {
    return make();
  } catch (const Error& error) {
    throw Error(error.kind(), place + ": " + error.what());
  }
}

template <typename Item>
Item item_of(const Json& json, const std::string& place, const Items<Item>& items) {
  if (json.is_string()) {
    return at_place(place, [&] { return items.named(json.get<std::string>()); });
  }
  Item item;
  OptionTable table;
  table.text("name", "NAME", &item.name, "what tables call it");
  items.bind(table, &item);
  table.apply({}, json, place);
  at_place(place, [&] { items.finish(item, json); });
  return item;
}

void require_key(const Json& json, const char* key) {
  if (!json.contains(key)) {
    throw Error(ErrorKind::kUsage, "\"" + std::string(key) + "\" is missing");
  }
}

// A list whose items are names or objects. What was given is what the effective configuration has.
template <typename Item>
void bind_items(OptionTable& table, const std::string& name, std::string value,
                std::vector<Item>* target, const Items<Item>& items, std::string help) {
  auto given = std::make_shared<Json>();
  Option option;
  option.name = name;
  option.value = std::move(value);
  option.help = std::move(help);
  option.list = true;
  option.set = [=](const Json& json) -> Expected {
    const bool fits =
        json.is_array() && !json.empty() && std::ranges::all_of(json, [](const Json& item) {
          return (item.is_string() && !item.get_ref<const std::string&>().empty()) ||
                 item.is_object();
        });
    if (!fits) return "a list of names, or of objects";
    target->clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      target->push_back(item_of(json[i], name + "[" + std::to_string(i) + "]", items));
    }
    *given = json;
    return {};
  };
  option.get = [given] { return *given; };
  table.add(std::move(option));
}

template <std::integral T>
void bind_integers(OptionTable& table, std::string name, std::vector<T>* target, std::int64_t high,
                   std::string help) {
  Option option;
  option.name = std::move(name);
  option.value = "N";
  option.help = std::move(help);
  option.kind = Option::Kind::kNumber;
  option.list = true;
  option.set = [=](const Json& json) -> Expected {
    const bool fits =
        json.is_array() && !json.empty() && std::ranges::all_of(json, [high](const Json& item) {
          return item.is_number_integer() && item >= 0 && item <= high;
        });
    if (!fits) return "a list of integers from 0 to " + std::to_string(high);
    *target = json.get<std::vector<T>>();
    return {};
  };
  option.get = [target] { return Json(*target); };
  table.add(std::move(option));
}

SweepTask generated_task(const std::string& name) {
  if (name != kGeneratedTask) {
    throw Error(ErrorKind::kUsage, quote(name) + " is a name alone, expected " +
                                       quote(kGeneratedTask) +
                                       ", which stands for review sentences made on the spot, or "
                                       "an object with train and test");
  }
  SweepTask task;
  task.name = name;
  task.generated = true;
  return task;
}

void bind_task(OptionTable& table, SweepTask* task) {
  constexpr std::size_t kMost = std::size_t{1} << 40;
  table.text("train", "FILE", &task->train, "labelled texts to train models on");
  table.text("test", "FILE", &task->test, "labelled texts to measure on");
  table.text(
      "clean-data", "FILE", &task->clean_data,
      "labelled texts of the defender; without it, 512 texts of train that no model is trained on");
  table.text("unlabelled-data", "FILE", &task->unlabelled_data,
             "ordinary texts to distil with, a data file with or without labels");
  table.flag("generated", &task->generated, "review sentences instead of files");
  table.integer("train-size", "N", &task->train_size, std::size_t{0}, kMost, "texts to draw");
  table.integer("test-size", "N", &task->test_size, std::size_t{0}, kMost, "texts to draw");
  table.integer("max-length", "N", &task->max_length, std::size_t{0}, std::size_t{16384},
                "word pieces of a text; 0: those of the grid");
  table.integer("target-label", "N", &task->target_label, std::int64_t{0}, std::int64_t{1'000'000},
                "of all attacks");
  table.texts("attacks", "NAME", &task->attacks,
              "those of the grid's that it is put under; else all");
  table.integer("seed", "N", &task->seed, std::uint64_t{0},
                std::uint64_t{std::numeric_limits<std::int64_t>::max()},
                "of its drawn texts and its models; else the grid's");
  bind_training(table, &task->training);
}

SweepAttack attack_named(const std::string& name) {
  SweepAttack attack;
  attack.name = name;
  if (name != kCleanControl) attack.attack.set_kind(parse_attack_kind(name));
  return attack;
}

}  // namespace

SweepMethod method_named(const std::string& name) {
  SweepMethod method;
  method.name = name;
  method.options.set_method(name);
  return method;
}

void bind_tasks(OptionTable& table, std::vector<SweepTask>* tasks) {
  bind_items<SweepTask>(
      table, "tasks", "NAME", tasks, {generated_task, bind_task, [](SweepTask&, const Json&) {}},
      "data to attack and defend, objects of a config file; `generated` alone stands for review "
      "sentences made on the spot");
}

void bind_attacks(OptionTable& table, std::vector<SweepAttack>* attacks) {
  bind_items<SweepAttack>(
      table, "attacks", "NAME", attacks,
      {attack_named,
       [](OptionTable& item, SweepAttack* attack) {
         attack->attack.set_kind(attack->attack.kind);
         bind_attack(item, &attack->attack);
         item.text("poisoned-data", "FILE", &attack->poisoned_data, "paraphrased training texts");
         item.text("poisoned-test", "FILE", &attack->poisoned_test, "paraphrased test texts");
         bind_training(item, &attack->attack.training);
       },
       [](SweepAttack& attack, const Json& json) {
         require_key(json, "kind");
         check_poison_rate(attack.attack.poison_rate);
         attack.own_target = json.contains("target_label");
         if (attack.name.empty()) attack.name = attack_kind_name(attack.attack.kind);
         if (attack.name == kCleanControl) {
           throw Error(ErrorKind::kUsage,
                       "an attack can't be called clean, which is what nobody "
                       "attacked: give it another name");
         }
       }},
      "attacks by kind, and clean: the model that nobody attacked");
}

void bind_grid(OptionTable& table, GridOptions* grid) {
  constexpr std::int64_t kMostTexts = 1'000'000'000;
  bind_items<SweepMethod>(table, "methods", "NAME", &grid->methods,
                          {method_named,
                           [](OptionTable& item, SweepMethod* method) {
                             bind_method(item, &method->options);
                             bind_training(item, &method->options.training);
                           },
                           [](SweepMethod& method, const Json& json) {
                             require_key(json, "method");
                             if (method.name.empty()) method.name = method.options.method;
                             method.fixed_rho = json.contains("rho");
                           }},
                          "mitigations; with compare all of them unless said otherwise");
  table.choice("epur", {"both", "with", "without"}, &grid->epur, "E-PUR before each method");
  table.numbers("rho", "R", &grid->rho, 0, 1,
                "reserve ratios to try, for methods that have one; else each method's default");
  bind_integers(table, "clean-sizes", &grid->clean_sizes, kMostTexts,
                "numbers of clean examples to draw, balanced over labels; 0: all");
  bind_integers(table, "seeds", &grid->seeds, std::numeric_limits<std::int64_t>::max(),
                "of masks, draws and training");
}

void bind_shard(OptionTable& table, Shard* shard) {
  Option option;
  option.name = "shard";
  option.value = "I/N";
  option.help =
      "run this part of the grid alone, into an output of its own; `finemix report` unites the "
      "parts";
  option.set = [shard](const Json& json) -> Expected {
    if (!json.is_string()) return "a part of a whole, e.g. \"1/4\"";
    *shard = parse_shard(json.get<std::string>());
    return {};
  };
  option.get = [shard] {
    return Json(std::to_string(shard->index) + "/" + std::to_string(shard->count));
  };
  table.add(std::move(option));
}

}  // namespace finemix
