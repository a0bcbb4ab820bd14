// A control Request, walked, not decoded: its id and its body's bytes.
//
// So that a malformed body can still be answered, and that a publish request's envelopes are views into the message.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace cell0::broker {

struct RequestView {
  std::uint64_t id = 0;          // 0 if it was not readable
  std::uint32_t body_field = 0;  // of Request.body; 0: there is none
  std::string_view body;
  bool well_formed = true;  // as far as walked; the body is not looked into

  static RequestView of(std::string_view message);
};

struct PublishView {
  struct Key {
    std::size_t index = 0;  // of the envelope
    std::string_view entity;
    std::string_view key;
    std::uint64_t digest = 0;
  };

  std::string_view emitter_id;
  std::uint64_t incarnation = 0;
  std::uint64_t first_n = 0;
  std::uint64_t answered_through = 0;
  std::string_view fence_service;  // empty: there is no fence
  std::uint64_t fence_epoch = 0;
  std::vector<std::string_view> envelopes;
  std::vector<Key> keys;  // indexes ascend

  // kInvalid: not an encoded PublishRequest, or keys that are not in order. Reuses the memory that it has.
  Result<void> read(std::string_view body);
};

}  // namespace cell0::broker
