#pragma once

// The vector instructions of x86-64, without the warnings that GCC's own header gives.
#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)  // GCC bug 105593: its own header's placeholders
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#else
#include <immintrin.h>
#endif
#endif
