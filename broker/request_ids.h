// Which worker was given the request with this id, so that a retry goes to it again and it can answer with what it has.
//
// Pure; one thread. Bounded: over `ids_max`, and after `age_max`, the oldest is forgotten; then a retry is a new
// request.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/clock.h"

namespace cell0::broker {

class RequestIds {
 public:
  RequestIds(std::size_t ids_max, Duration age_max) : ids_max_(ids_max), age_max_(age_max) {}

  // The worker has it, whoever had it before.
  void put(std::string_view service, std::string_view request_id, std::string_view worker, MonoTime now);

  // Empty: not known.
  std::string_view find(std::string_view service, std::string_view request_id, MonoTime now);

  std::size_t size() const { return workers_.size(); }

 private:
  struct Entry {
    std::string worker;
    std::uint64_t number = 0;
  };
  struct Age {
    std::string key;
    std::uint64_t number = 0;  // of the entry, if it has not been put again since
    MonoTime at{};
  };
  static std::string key_of(std::string_view service, std::string_view request_id);
  void forget(MonoTime now);

  std::size_t ids_max_;
  Duration age_max_;
  std::unordered_map<std::string, Entry> workers_;
  std::deque<Age> ages_;  // the oldest first
  std::uint64_t next_number_ = 1;
};

}  // namespace cell0::broker
