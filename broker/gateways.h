// The gateways that are there: each says so every two seconds and is gone after a lease without a word.
//
// Pure; one thread. Bounded: beyond `entries_max` a new one is refused.
#pragma once

#include <string>
#include <vector>

#include "broker/lease_table.h"
#include "cell0/v1/control.pb.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::broker {

class Gateways {
 public:
  Gateways(const LeaseBounds& bounds, MonoTime now) : by_name_(bounds, now) {}

  // Takes or renews. A report of the same name replaces the one before it. kUnavailable: the table is full.
  Result<void> report(const v1::GatewayReport& report, MonoTime now);

  // The names of those whose lease is over; they are forgotten.
  std::vector<std::string> expire(MonoTime now);

  std::size_t size() const { return by_name_.size(); }
  void append_to(v1::StatsAnswer& stats) const;  // by name

 private:
  LeaseTable<v1::GatewayReport> by_name_;
};

}  // namespace cell0::broker
