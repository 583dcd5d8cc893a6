// Precompiled for the rooms with torch: the tensor class, for files that call no operator.
#pragma once

#include <ATen/core/Tensor.h>

#include "base_pch.h"
