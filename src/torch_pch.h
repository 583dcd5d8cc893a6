// Precompiled for the rooms with torch: a torch file costs ~20 s without it.
#pragma once

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base_pch.h"
