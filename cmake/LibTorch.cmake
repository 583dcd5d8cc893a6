# Defines finemix::torch: LibTorch's headers, libtorch_cpu and libc10, and nothing of CUDA.
#
# find_package(Torch) is not used: for a LibTorch that was built with CUDA it demands a CUDA toolkit,
# which neither building nor running finemix needs. The CUDA library beside libtorch_cpu, if there is
# one, is loaded at run time.
#
# Looked for in CMAKE_PREFIX_PATH (a LibTorch root, a Python site-packages folder, or share/cmake in
# either), then where scripts/bootstrap unpacks it.
set(FINEMIX_TORCH_MINIMUM 2.7)

set(torch_places "")
foreach(prefix IN LISTS CMAKE_PREFIX_PATH)
  list(APPEND torch_places "${prefix}" "${prefix}/torch" "${prefix}/../.." "${prefix}/../../..")
endforeach()
list(APPEND torch_places "${FINEMIX_DEPS}/torch")

unset(FINEMIX_TORCH_ROOT CACHE)
find_path(FINEMIX_TORCH_ROOT include/ATen/core/Tensor.h PATHS ${torch_places} NO_DEFAULT_PATH)
if(NOT FINEMIX_TORCH_ROOT)
  message(FATAL_ERROR
          "LibTorch was not found in CMAKE_PREFIX_PATH (${CMAKE_PREFIX_PATH}) nor in "
          "${FINEMIX_DEPS}/torch. Run scripts/bootstrap, or pass -DCMAKE_PREFIX_PATH=DIR with the "
          "folder of a LibTorch >= ${FINEMIX_TORCH_MINIMUM} that holds include/ and lib/.")
endif()

set(torch_version "")
foreach(header include/torch/headeronly/version.h
               include/torch/csrc/api/include/torch/version.h)
  if(NOT torch_version AND EXISTS "${FINEMIX_TORCH_ROOT}/${header}")
    file(READ "${FINEMIX_TORCH_ROOT}/${header}" text)
    if(text MATCHES "TORCH_VERSION_MAJOR ([0-9]+).*TORCH_VERSION_MINOR ([0-9]+)")
      set(torch_version "${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
    endif()
  endif()
endforeach()
if(NOT torch_version OR torch_version VERSION_LESS FINEMIX_TORCH_MINIMUM)
  message(FATAL_ERROR
          "The LibTorch in ${FINEMIX_TORCH_ROOT} has version '${torch_version}'; finemix needs "
          ">= ${FINEMIX_TORCH_MINIMUM}. Give another with -DCMAKE_PREFIX_PATH=DIR, or leave that "
          "out and run scripts/bootstrap.")
endif()
message(STATUS "LibTorch ${torch_version}: ${FINEMIX_TORCH_ROOT}")

set(torch_library "${FINEMIX_TORCH_ROOT}/lib/${CMAKE_SHARED_LIBRARY_PREFIX}")
foreach(name torch_cpu c10)
  add_library(finemix::${name} SHARED IMPORTED)
  set_target_properties(finemix::${name} PROPERTIES
                        IMPORTED_LOCATION "${torch_library}${name}${CMAKE_SHARED_LIBRARY_SUFFIX}")
endforeach()

add_library(finemix::torch INTERFACE IMPORTED)
target_include_directories(finemix::torch SYSTEM INTERFACE
                           "${FINEMIX_TORCH_ROOT}/include"
                           "${FINEMIX_TORCH_ROOT}/include/torch/csrc/api/include")
# No header includes all two thousand operators (<ATen/TensorOperators.h> would).
target_compile_definitions(finemix::torch INTERFACE _GLIBCXX_USE_CXX11_ABI=1
                                                    AT_PER_OPERATOR_HEADERS)
target_link_libraries(finemix::torch INTERFACE finemix::torch_cpu finemix::c10)

# LibTorch's loops over threads are templates that are compiled into the code that uses them, and
# serial without OpenMP. The runtime must be LibTorch's own: two of them would keep two sets of
# threads, which wait for work by spinning, each on the other's cores.
file(GLOB torch_openmp "${FINEMIX_TORCH_ROOT}/lib/libgomp*.so*" "${FINEMIX_TORCH_ROOT}/lib/libiomp5.so"
     "${FINEMIX_TORCH_ROOT}/lib/libomp.so")
if(torch_openmp)
  list(GET torch_openmp 0 torch_openmp)
  add_library(finemix::torch_openmp SHARED IMPORTED)
  set_target_properties(finemix::torch_openmp PROPERTIES IMPORTED_LOCATION "${torch_openmp}")
  target_compile_options(finemix::torch INTERFACE -fopenmp)
  target_link_libraries(finemix::torch INTERFACE finemix::torch_openmp)
else()
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  target_link_libraries(finemix::torch INTERFACE OpenMP::OpenMP_CXX)
endif()
