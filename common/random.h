// Chance as an argument: parts that need it take a Random, tests and the simulator hand them a SeededRandom.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace cell0 {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  std::uint64_t u64();
  // Uniform in [0, 1): for jitter.
  double unit();
};

// The kernel's getrandom(2): fit for keys and tokens. Costs a system call per fill.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

// The same bytes for the same seed, on every machine (splitmix64). Never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::uint64_t state_;
};

// RFC 4648 section 5, without padding.
std::string base64url(std::span<const std::uint8_t> bytes);

}  // namespace cell0
