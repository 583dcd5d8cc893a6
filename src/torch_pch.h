// Precompiled for the rooms with torch. Only the tensor class: a file includes the operators that
// it uses (<ATen/ops/…>); all of them here would cost every file more to load than it saves.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "base_pch.h"
