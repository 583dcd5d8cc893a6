// Precompiled for files that call LibTorch's operators (<ATen/ops/…>): what the headers of all of
// them include. Other files do without, since loading it costs each two seconds.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "base_pch.h"
