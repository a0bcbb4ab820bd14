// What is committed together with a turn's events, so that after a crash it is as true as they are.
//
// The n-th event of the Drafts that a note travels in got their n-th seq. Where a list has two notes of the same
// origin, consumer or service, the later one holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/seq.h"

namespace cell0::broker {

// All n of this origin up to last_n have been taken or rejected (design, section 3).
struct OriginNote {
  std::string emitter_id;
  std::uint64_t incarnation = 0;
  std::uint64_t last_n = 0;
};

// A publish with this idempotency key became the event with this index in the Drafts (dialects.md, section 6). To be
// kept for Limits::key_age_max after `at`.
struct KeyNote {
  std::string entity;  // who published: keys of different entities are different
  std::string key;
  std::uint64_t digest = 0;  // of what was published, so that the same key with something else shows
  WallTime at{};
  std::size_t index = 0;
};

// The consumer has acknowledged everything up to seq; positions only grow.
struct ConsumerNote {
  std::string entity;
  std::string consumer;
  Seq seq;
  bool forget = false;  // it is no more: not to be kept
};

// The token is revoked; to be kept until it expires.
struct RevocationNote {
  std::string token_id;
  WallTime expires{};
};

// What a service's workers leave behind: its state, and who of an exclusive one is active. What is not given stays as
// it was; what is empty is not there.
struct ServiceNote {
  std::string service;
  std::optional<std::string> state = {};
  std::optional<std::string> active = {};  // the incarnation
};

struct Notes {
  std::vector<OriginNote> origins;
  std::vector<KeyNote> keys;
  std::vector<ConsumerNote> consumers;
  std::vector<RevocationNote> revocations;
  std::vector<ServiceNote> services;

  bool empty() const {
    return origins.empty() && keys.empty() && consumers.empty() && revocations.empty() && services.empty();
  }
  void clear() {
    origins.clear();
    keys.clear();
    consumers.clear();
    revocations.clear();
    services.clear();
  }
};

}  // namespace cell0::broker
