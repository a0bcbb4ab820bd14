// Time as an argument: pure parts take a Clock, tests hand them a ManualClock and never sleep.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace cell0 {

using Duration = std::chrono::nanoseconds;
using MonoTime = std::chrono::steady_clock::time_point;             // for deadlines and intervals
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;  // for what people and other machines see

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime mono() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonoTime mono() const override { return std::chrono::steady_clock::now(); }
  WallTime wall() const override {
    return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
};

class ManualClock final : public Clock {
 public:
  MonoTime mono() const override { return mono_; }
  WallTime wall() const override { return wall_; }
  void advance(Duration by) {
    mono_ += by;
    wall_ += std::chrono::duration_cast<std::chrono::microseconds>(by);
  }
  void set_wall(WallTime to) { wall_ = to; }

 private:
  MonoTime mono_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::seconds(1'770'000'000)};
};

// Microseconds since 1970 UTC, as the protocol carries time.
inline std::int64_t to_unix_us(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime from_unix_us(std::int64_t us) { return WallTime{std::chrono::microseconds(us)}; }

// "2026-02-12T10:30:00.123456Z" (dialects.md, rules for all dialects).
std::string to_iso8601(WallTime t);

}  // namespace cell0
