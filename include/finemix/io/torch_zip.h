#pragma once

#include <filesystem>

#include "finemix/io/tensor_file.h"

namespace finemix {

// Reads a state dict that torch.save wrote (pytorch_model.bin; the ZIP format of torch 1.6 and
// later) from an untrusted source, by a reader of our own: no code of the file is run, and there is
// no other way to which anything falls back. Only this is accepted:
// - an archive of stored entries, without hole or overlap, in one folder: data.pkl, data/KEY for
//   each storage that data.pkl names, version (1 to 10), byteorder (little, where it is there), and
//   names with a leading dot, which are not read;
// - in data.pkl a dict of tensors, made with the opcodes and names of state_dict_pickle.h;
// - each storage in one dtype, with as many bytes as data.pkl says;
// - tensors within their storage, no element of one twice (as expand() makes it), names as those of
//   a safetensors file, and what is read for all tensors at most 16 times the file: tied weights
//   share a storage, and a tensor of up to 1 GiB may be a transposed view of one.
class TorchZipReader : public TensorFile {
 public:
  // Throws kFile, or kMalformed naming the file, the entry or tensor, what was found and what was
  // expected. A file of torch.save's older format is told from others.
  explicit TorchZipReader(const std::filesystem::path& path, Links links = Links::kFollow);
};

}  // namespace finemix
