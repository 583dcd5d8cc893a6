# Defines finemix::sentencepiece: the library, built statically from the sources that
# scripts/bootstrap unpacks (Debian's is old and has known memory bugs). Its symbols are hidden:
# LibTorch exports a protobuf of another version, and one of the two would serve both.
set(sentencepiece_source "${FINEMIX_DEPS}/sentencepiece")
if(NOT EXISTS "${sentencepiece_source}/CMakeLists.txt")
  message(FATAL_ERROR "sentencepiece's sources are not in ${sentencepiece_source}. "
                      "Run scripts/bootstrap.")
endif()

function(finemix_add_sentencepiece)
  set(SPM_ENABLE_SHARED OFF CACHE INTERNAL "")
  set(SPM_ENABLE_TCMALLOC OFF CACHE INTERNAL "")
  set(CMAKE_CXX_VISIBILITY_PRESET hidden)
  set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
  set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
  add_subdirectory("${sentencepiece_source}" "${PROJECT_BINARY_DIR}/sentencepiece"
                   EXCLUDE_FROM_ALL SYSTEM)
  target_compile_options(sentencepiece-static PRIVATE -w)
  if(FINEMIX_SANITIZE MATCHES "address")
    target_compile_options(sentencepiece-static PRIVATE -fsanitize=address)
  endif()
endfunction()
finemix_add_sentencepiece()

add_library(finemix::sentencepiece INTERFACE IMPORTED)
target_link_libraries(finemix::sentencepiece INTERFACE sentencepiece-static)
target_include_directories(finemix::sentencepiece SYSTEM INTERFACE "${sentencepiece_source}/src")
