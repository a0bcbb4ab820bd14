#include "common/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

using namespace cell0;

namespace {

std::string base64url_of(std::string_view text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return base64url(bytes);
}

}  // namespace

TEST_CASE("base64url has no padding and no characters that a URL would change") {
  CHECK(base64url_of("") == "");
  CHECK(base64url_of("f") == "Zg");
  CHECK(base64url_of("fo") == "Zm8");
  CHECK(base64url_of("foo") == "Zm9v");
  CHECK(base64url_of("foobar") == "Zm9vYmFy");
  CHECK(base64url_of("\xFB\xFF\xFE") == "-__-");
}

TEST_CASE("a seed gives the same chance every time, another seed another") {
  SeededRandom one(7), again(7), other(8);
  const std::uint64_t first = one.u64();
  CHECK(first == again.u64());
  CHECK(first != other.u64());
  CHECK(one.u64() != first);
}

TEST_CASE("unit stays in [0, 1)") {
  SeededRandom random(1);
  for (int i = 0; i < 1000; ++i) {
    const double value = random.unit();
    CHECK(value >= 0.0);
    CHECK(value < 1.0);
  }
}

TEST_CASE("the kernel's bytes fill all of the buffer") {
  SystemRandom random;
  std::array<std::uint8_t, 1000> bytes{};
  random.fill(bytes);
  CHECK(std::count(bytes.end() - 100, bytes.end(), 0) < 20);
}
