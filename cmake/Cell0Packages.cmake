# Every third-party library, found once. Link these names; nothing else calls find_package.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Protobuf REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(CURL REQUIRED)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq)

# cell0_header_package(NAME header): a header-only library from a system path, as SYSTEM.
function(cell0_header_package name header)
  find_path(${name}_dir ${header} REQUIRED)
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE ${${name}_dir})
endfunction()

cell0_header_package(cell0_asio asio.hpp)
target_compile_definitions(cell0_asio INTERFACE ASIO_STANDALONE=1 ASIO_NO_DEPRECATED=1)
target_link_libraries(cell0_asio INTERFACE Threads::Threads)
if(CELL0_SANITIZE)
  # asio looks for aligned_alloc in whatever was included before it: some units would free() what others got from new.
  target_compile_definitions(cell0_asio INTERFACE ASIO_DISABLE_STD_ALIGNED_ALLOC=1)
endif()
cell0_header_package(cell0_websocketpp websocketpp/processors/hybi13.hpp)
target_compile_definitions(cell0_websocketpp INTERFACE _WEBSOCKETPP_CPP11_STL_=1)
cell0_header_package(cell0_rapidjson rapidjson/document.h)
cell0_header_package(cell0_tomlplusplus toml++/toml.h)
cell0_header_package(cell0_doctest doctest/doctest.h)
cell0_header_package(cell0_cppzmq zmq.hpp)
target_link_libraries(cell0_cppzmq INTERFACE PkgConfig::zmq)
find_package(prometheus-cpp REQUIRED)

# llhttp: a library where the system has one (Debian 13), else its C sources as Debian 12's node-llhttp ships them.
find_library(llhttp_library llhttp)
find_path(llhttp_include llhttp.h PATH_SUFFIXES llhttp PATHS /usr/share/include REQUIRED)
if(llhttp_library)
  add_library(cell0_llhttp INTERFACE IMPORTED GLOBAL)
  target_link_libraries(cell0_llhttp INTERFACE ${llhttp_library})
  target_include_directories(cell0_llhttp SYSTEM INTERFACE ${llhttp_include})
else()
  find_path(llhttp_sources llhttp.c PATHS /usr/share/llhttp REQUIRED)
  add_library(cell0_llhttp STATIC ${llhttp_sources}/api.c ${llhttp_sources}/http.c ${llhttp_sources}/llhttp.c)
  target_include_directories(cell0_llhttp SYSTEM PUBLIC ${llhttp_include})
  target_compile_options(cell0_llhttp PRIVATE -w)
  target_compile_definitions(cell0_llhttp PRIVATE LLHTTP_STRICT_MODE=1)  # 9.x: always; 8.x else takes any byte for LF
endif()

if(CELL0_TESTS OR NOT DEFINED CELL0_TESTS)
  add_library(cell0_doctest_main STATIC ${PROJECT_SOURCE_DIR}/tests/support/doctest_main.cpp)
  target_link_libraries(cell0_doctest_main PUBLIC cell0_doctest)
endif()
