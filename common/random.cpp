// Random bytes from the kernel or from a seed, and base64url.
#include "common/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "common/check.h"

namespace cell0 {

std::uint64_t Random::u64() {
  std::uint8_t bytes[8];
  fill(bytes);
  std::uint64_t value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

double Random::unit() { return static_cast<double>(u64() >> 11) * 0x1.0p-53; }

void SystemRandom::fill(std::span<std::uint8_t> bytes) {
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    CELL0_CHECK(got > 0 || errno == EINTR);
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  std::size_t bits_left = 0;
  std::uint64_t word = 0;
  for (std::uint8_t& byte : bytes) {
    if (bits_left == 0) {
      state_ += 0x9e3779b97f4a7c15u;
      word = state_;
      word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
      word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
      word ^= word >> 31;
      bits_left = 64;
    }
    byte = static_cast<std::uint8_t>(word);
    word >>= 8;
    bits_left -= 8;
  }
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const std::uint8_t byte : bytes) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[(bits >> (held - 6)) & 63];
  }
  if (held > 0) text += kAlphabet[(bits << (6 - held)) & 63];
  return text;
}

}  // namespace cell0
