#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "finemix/io/tensor_info.h"

namespace finemix {

// A tensor as a pickled state dict tells of it. Nothing of this is checked against the bytes. The
// texts are parts of the pickle: it must outlive them.
struct PickledTensor {
  std::string_view name;
  DType dtype = DType::kF32;
  std::string_view storage;  // the key under which its elements are stored
  std::int64_t storage_elements = 0;
  std::int64_t offset = 0;  // in the storage, in elements
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;  // in elements; as many as `shape` has
};

// Follows the pickle of a state dict, as torch.save writes it with protocol 2, from an untrusted
// source. Nothing that it asks for is run: what it may say are the opcodes of such a file, and the
// names OrderedDict, _rebuild_tensor_v2, _rebuild_parameter, _rebuild_parameter_with_state and the
// typed storages, which stand for what they make. Opcodes: Python's pickletools.
// `object` names the pickle in errors, as it is to be shown. Throws kMalformed naming the byte,
// what is there and what is expected. All numbers given are 0 or more. What is held beside the
// pickle grows with its bytes, up to some 50 MB.
std::vector<PickledTensor> parse_state_dict_pickle(std::string_view pickle,
                                                   std::string_view object);

}  // namespace finemix
