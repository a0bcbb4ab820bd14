// The main() of every unit test binary; doctest's implementation is compiled here only (5 s).
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
