#include "io/pickle_globals.h"

#include <algorithm>
#include <array>

namespace finemix {
namespace {

constexpr std::array<PickleGlobal, 14> kGlobals = {
    {{"collections", "OrderedDict", PickleRole::kOrderedDict},
     {"torch._utils", "_rebuild_tensor_v2", PickleRole::kTensor},
     {"torch._utils", "_rebuild_parameter", PickleRole::kParameter},
     {"torch._utils", "_rebuild_parameter_with_state", PickleRole::kParameterWithState},
     {"torch", "FloatStorage", PickleRole::kStorage, DType::kF32},
     {"torch", "HalfStorage", PickleRole::kStorage, DType::kF16},
     {"torch", "BFloat16Storage", PickleRole::kStorage, DType::kBF16},
     {"torch", "DoubleStorage", PickleRole::kStorage, DType::kF64},
     {"torch", "LongStorage", PickleRole::kStorage, DType::kI64},
     {"torch", "IntStorage", PickleRole::kStorage, DType::kI32},
     {"torch", "ShortStorage", PickleRole::kStorage, DType::kI16},
     {"torch", "CharStorage", PickleRole::kStorage, DType::kI8},
     {"torch", "ByteStorage", PickleRole::kStorage, DType::kU8},
     {"torch", "BoolStorage", PickleRole::kStorage, DType::kBool}}};

}  // namespace

const PickleGlobal* find_pickle_global(std::string_view module, std::string_view name) {
  const auto* const found = std::find_if(
      kGlobals.begin(), kGlobals.end(),
      [&](const PickleGlobal& global) { return global.module == module && global.name == name; });
  return found == kGlobals.end() ? nullptr : found;
}

}  // namespace finemix
