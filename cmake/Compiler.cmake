# Language, warnings, optimisation, sanitizers, and what makes builds fast.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, Debug or Sanitized" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g")
set(CMAKE_CXX_FLAGS_SANITIZED "-O1 -g1")  # functions and lines: what a sanitizer's report shows

# What every target of ours is compiled with. Binaries run on any x86-64 of the last fifteen years;
# kernels that want more name it in a target attribute and ask the CPU first.
add_library(finemix_compiler INTERFACE)
target_compile_options(finemix_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # These cry wolf on std::string in GCC 12 (GCC bugs 105329, 105593 and 105651).
  target_compile_options(finemix_compiler INTERFACE -Wno-array-bounds -Wno-restrict
                         -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(FINEMIX_WERROR)
  target_compile_options(finemix_compiler INTERFACE -Werror)
endif()
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  # A target for better CPUs, whose code asks first, names them in its property FINEMIX_ARCH.
  target_compile_options(finemix_compiler INTERFACE
                         -march=$<IF:$<BOOL:$<TARGET_PROPERTY:FINEMIX_ARCH>>,$<TARGET_PROPERTY:FINEMIX_ARCH>,x86-64-v2>)
endif()
if(FINEMIX_SANITIZE)
  target_compile_options(finemix_compiler INTERFACE -fsanitize=${FINEMIX_SANITIZE}
                         -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(finemix_compiler INTERFACE -fsanitize=${FINEMIX_SANITIZE})
endif()
# Code with the property FINEMIX_QUICK_TO_BUILD is less optimised, and its undefined behaviour is
# not looked for, which would take as long as to compile it.
target_compile_options(
  finemix_compiler
  INTERFACE
    "$<$<BOOL:$<TARGET_PROPERTY:FINEMIX_QUICK_TO_BUILD>>:-O1;-fno-sanitize=undefined>")

find_program(FINEMIX_CCACHE ccache)
if(FINEMIX_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache refuses precompiled headers unless told that macros and times do not matter to them, and
  # by default runs the preprocessor besides the compiler, which here is most of the work.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env CCACHE_DEPEND=1
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      "${FINEMIX_CCACHE}")
  target_compile_options(finemix_compiler INTERFACE
                         $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
