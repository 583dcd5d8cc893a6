#pragma once

#include <string>
#include <vector>

#include "finemix/pipeline/sweep.h"
#include "option_table.h"

namespace finemix {

// The axes of a grid. An item of a list is a name, or in a config file also an object with the keys
// of what it sets: a method those of `purify`, an attack those of `attack`, each with a "name".

void bind_tasks(OptionTable& table, std::vector<SweepTask>* tasks);
void bind_attacks(OptionTable& table, std::vector<SweepAttack>* attacks);
void bind_methods(OptionTable& table, std::vector<SweepMethod>* methods);
void bind_axes(OptionTable& table, std::string* epur, std::vector<double>* rho,
               std::vector<std::int64_t>* clean_sizes, std::vector<std::uint64_t>* seeds);

// A mitigation with its own defaults. Throws kUsage on a name that there is not.
SweepMethod method_named(const std::string& name);

// `words` as a command line, quoted for a shell, without `dropped`, flags that results do not
// depend on, each with the values that follow it.
std::string command_line(const std::vector<std::string>& words,
                         const std::vector<std::string>& dropped);
// `config` without these keys and those of the console.
Json without_keys(Json config, const std::vector<std::string>& keys);

}  // namespace finemix
