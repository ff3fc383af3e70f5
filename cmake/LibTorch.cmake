# LibTorch, and whether it has CUDA. On a machine with PyTorch:
#   cmake -DCMAKE_PREFIX_PATH="$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)')"
find_package(Torch REQUIRED)

# PyTorch's packages up to 2.5 use the strings of the time before C++11, which none of the other
# libraries here does.
if(TORCH_CXX_FLAGS MATCHES "_GLIBCXX_USE_CXX11_ABI=0")
  message(FATAL_ERROR
    "This LibTorch is compiled with _GLIBCXX_USE_CXX11_ABI=0. Take PyTorch 2.6 or newer, or the "
    "LibTorch archive of your version whose name has cxx11-abi.")
endif()

set(ADARES_CUDA OFF)
if(TARGET torch_cuda)
  set(ADARES_CUDA ON)
  find_package(CUDAToolkit REQUIRED)
endif()

# adares_torch_headers(TARGET [FROM]) lets LibTorch's headers, which are half and more of what a file
# takes to compile, be compiled once for all files of the target, or takes what another has.
function(adares_torch_headers target)
  if(ARGC GREATER 1)
    target_precompile_headers(${target} REUSE_FROM ${ARGV1})
  else()
    target_precompile_headers(${target} PRIVATE <torch/torch.h>)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -fpch-preprocess)  # for ccache
  endif()
endfunction()

# adares_cuda_object(TARGET SOURCE HEADERS...) compiles one file of kernels into a library. By nvcc
# itself: LibTorch's CMake files change the flags of the CUDA language, and not the same in all
# versions. Machine code for each generation that nvcc knows, and code that drivers translate for
# later ones.
function(adares_cuda_object target source)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${source}.o)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} -std=c++17 -O3 -arch=all-major -ccbin ${CMAKE_CXX_COMPILER}
            -cudart shared -Xcompiler -fPIC,-Wall -I${PROJECT_SOURCE_DIR}
            -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source} ${ARGN}
    COMMENT "Compiling ${source} with nvcc"
    VERBATIM)
  set_source_files_properties(${object} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  target_sources(${target} PRIVATE ${object})
endfunction()
