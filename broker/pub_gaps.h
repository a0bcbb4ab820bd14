// Losses on the unacknowledged path: gaps in Envelope.origin.n, per emitter and incarnation.
//
// Counts only: what is lost on a plain PUB is lost. The first n seen begins the count (what an emitter sent before the
// broker was there is not known to be lost). Bounded; beyond it the emitter longest silent is forgotten. Pure.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cell0/v1/event.pb.h"

namespace cell0::broker {

class PubGaps {
 public:
  explicit PubGaps(std::size_t origins_max) : origins_max_(origins_max) {}

  // How many events are missing between this one and the one before it of the same origin. An n that came already, or
  // an origin without a name, says nothing: 0.
  std::uint64_t see(const v1::Origin& origin);

  std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    std::string key;
    std::uint64_t last = 0;
  };
  using Entries = std::list<Entry>;  // the last heard at the front

  std::size_t origins_max_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // keys view into the entries
  std::string key_;
};

}  // namespace cell0::broker
