# How everything of ours is compiled, and the three functions that the folders use.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

find_program(CELL0_CCACHE ccache)
if(CELL0_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CELL0_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CELL0_CCACHE})
endif()

set(CELL0_SANITIZE "" CACHE STRING "Sanitizers for everything: address,undefined or thread; empty for none")
if(CELL0_SANITIZE)
  add_compile_options(-fsanitize=${CELL0_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CELL0_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CELL0_SANITIZE MATCHES "undefined")
    add_compile_options(-fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/cmake/ubsan.ignore)
  endif()
endif()

option(CELL0_FUZZ "Coverage for the fuzz targets in all of our code (clang; tests/fuzz/run.sh)" OFF)
if(CELL0_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Our own code: warnings are errors. Third-party headers come as SYSTEM and are left alone.
add_library(cell0_warnings INTERFACE)
target_compile_options(cell0_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                       -Wold-style-cast -Wcast-qual -Wunused -Woverloaded-virtual -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 sees overflows and dangling where there are none once std::string is inlined (GCC bugs 105329, 105651).
  target_compile_options(cell0_warnings INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds)
  if(CELL0_SANITIZE MATCHES "thread")
    target_compile_options(cell0_warnings INTERFACE -Wno-tsan)  # asio's fences, which ThreadSanitizer does not see
  endif()
endif()

# What nearly every source includes, parsed once for all (a third less to compile). Only without ccache, which keeps
# whole results instead; and so every file must include what it uses.
option(CELL0_PCH "Precompile the headers that are used most" OFF)
function(cell0_precompile name)
  if(NOT CELL0_PCH OR CELL0_CCACHE)
    return()
  endif()
  if(NOT TARGET cell0_pch)
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/pch.cpp CONTENT "")  # written once: a new one would be compiled again
    add_library(cell0_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
    target_link_libraries(cell0_pch PRIVATE cell0_proto cell0_asio cell0_warnings)
    target_precompile_headers(cell0_pch PRIVATE
      <algorithm> <chrono> <functional> <map> <memory> <optional> <span> <string> <string_view> <unordered_map>
      <variant> <vector> <asio/io_context.hpp> <asio/steady_timer.hpp> <cell0/v1/control.pb.h> <cell0/v1/event.pb.h>)
  endif()
  target_precompile_headers(${name} REUSE_FROM cell0_pch)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # A precompiled system header is no longer seen as one: g++'s false alarms about std::string come through.
    target_compile_options(${name} PRIVATE -Wno-stringop-overread)
  endif()
endfunction()

# Sources of a library compiled several at once: half the time of the builds that tests/run.sh and deploy/up.sh wait for.
# The presets debug, clang and tsan show that each file stands by itself. What has names of its own that others have, too,
# is said to be ALONE.
option(CELL0_UNITY "Compile several sources of a library at once" OFF)
function(cell0_unity name)
  if(CELL0_UNITY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # A source that is included looks to g++ like a header, whose classes should not build on an anonymous namespace.
      target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-Wno-subobject-linkage>)
    endif()
  endif()
endfunction()

# cell0_library(NAME SOURCES a.cpp ... [PUBLIC lib ...] [PRIVATE lib ...] [ALONE a.cpp ...]): one box of the design.
function(cell0_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE;ALONE" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE cell0_warnings ${ARG_PRIVATE})
  cell0_precompile(${name})
  cell0_unity(${name} ${ARG_ALONE})
endfunction()

# cell0_program(NAME SOURCES main.cpp ... LINK lib ...): a process; lands in <build>/bin and is installed to bin.
# The target cell0_programs is all of them, without the tests.
add_custom_target(cell0_programs)
function(cell0_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE cell0_warnings ${ARG_LINK})
  cell0_precompile(${name})
  install(TARGETS ${name} RUNTIME DESTINATION bin)
  add_dependencies(cell0_programs ${name})
endfunction()

# cell0_test(NAME SOURCES a_test.cpp ... LINK lib ... [LABELS unit]): a doctest binary, run by ctest.
# The target cell0_tests is all of them.
option(CELL0_UNIT_TESTS "Build the unit tests" ON)
add_custom_target(cell0_tests)
function(cell0_test name)
  if(NOT CELL0_UNIT_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE cell0_warnings cell0_doctest_main ${ARG_LINK})
  cell0_precompile(${name})
  add_test(NAME ${name} COMMAND ${name})
  add_dependencies(cell0_tests ${name})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120)
endfunction()
