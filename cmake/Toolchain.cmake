# Compiler settings that every target of the project shares.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

find_program(ADARES_CCACHE ccache)
if(ADARES_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for where headers are compiled before the files.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      ${ADARES_CCACHE})
endif()
find_program(ADARES_MOLD mold)
if(ADARES_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(ADARES_SANITIZE)
  add_compile_options(-fsanitize=${ADARES_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ADARES_SANITIZE})
  # g++ 12 warns of things that only the instrumentation brings in.
  add_compile_options(-Wno-maybe-uninitialized)
  if(ADARES_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# A fuzzer looks where the code went, so everything below it is compiled for that.
if(ADARES_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ADARES_FUZZ needs clang: cmake -DCMAKE_CXX_COMPILER=clang++-14 ...")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
endif()

# Warnings are errors on our own code; generated code does not use this target. Compilers other than g++
# 12 may know more of them.
option(ADARES_WERROR "Let warnings be errors" ON)
add_library(adares_warnings INTERFACE)
target_compile_options(adares_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
  $<$<BOOL:${ADARES_WERROR}>:-Werror>)

# adares_library(NAME SOURCES... ) declares a static library rooted at the top of the tree.
function(adares_library name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE adares_warnings)
endfunction()

# adares_program(NAME SOURCES...) declares a program that lands in build/bin.
function(adares_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE adares_warnings)
endfunction()

# All test binaries labelled `tsan`, so that the ThreadSanitizer build need not compile the rest.
add_custom_target(tsan_tests)

# adares_test(NAME LABELS l1;l2 SOURCES ... LIBRARIES ...) declares one GoogleTest binary whose
# cases ctest lists one by one.
function(adares_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LABELS;SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE adares_warnings ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  if("tsan" IN_LIST ARG_LABELS)
    add_dependencies(tsan_tests ${name})
  endif()
  # gtest_discover_tests drops all but the first element of a list. One label "unit+tsan" serves as
  # well, because `ctest -L tsan` looks for a match anywhere in it.
  list(JOIN ARG_LABELS "+" label)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${label}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
