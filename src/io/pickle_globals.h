#pragma once

#include <string_view>

#include "finemix/io/tensor_info.h"

namespace finemix {

// What a global that a state dict may name stands for.
enum class PickleRole { kOrderedDict, kTensor, kParameter, kParameterWithState, kStorage };

struct PickleGlobal {
  std::string_view module;
  std::string_view name;
  PickleRole role;
  DType dtype = DType::kF32;  // of a storage
};

// The one of this name, null where it is none of them: nothing is ever looked up elsewhere.
const PickleGlobal* find_pickle_global(std::string_view module, std::string_view name);

}  // namespace finemix
