# The rooms of docs/architecture.md: the one list that libraries and tests are made from.
set(FINEMIX_BASE_ROOMS core io text record report)
# Those that read files from strangers, and what they use: all that is fuzzed. Debian 12's clang does
# not compile the views of its libstdc++, which others use.
if(FINEMIX_READERS_ONLY)
  set(FINEMIX_BASE_ROOMS core io text)
endif()
set(FINEMIX_TORCH_ROOMS model defense train eval attack pipeline)

# Sets `out` to the files that match `pattern` under `parent`/<room> for every room given.
function(finemix_room_files out parent pattern)
  set(files "")
  foreach(room IN LISTS ARGN)
    file(GLOB_RECURSE found CONFIGURE_DEPENDS "${parent}/${room}/${pattern}")
    list(APPEND files ${found})
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

# Moves the files that include LibTorch's operators themselves from the list named `sources` to
# `out`: they have a precompiled header of their own (src/operators_pch.h). Looked at when CMake
# runs; a file that has been in the wrong list since then only takes longer to compile.
function(finemix_take_operator_files sources out)
  set(others "")
  set(operators "")
  foreach(file IN LISTS "${sources}")
    file(STRINGS "${file}" found REGEX "#include <ATen/(ops/|TensorOperators)" LIMIT_COUNT 1)
    if(found)
      list(APPEND operators "${file}")
    else()
      list(APPEND others "${file}")
    endif()
  endforeach()
  set(${out} ${operators} PARENT_SCOPE)
  set(${sources} ${others} PARENT_SCOPE)
endfunction()
