// The usual event, recognised on the wire: an envelope that surely passes check_event(), and what it says.
//
// Decoding and checking a small event costs ~400 ns, most of it for making strings that nobody reads. This walk costs
// ~60 ns. It decides nothing by itself: whatever is not plain (json data, nested messages, an origin, a field twice,
// anything wrong) it leaves to the decoder and to check_event, which have the say. The test holds it against them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/event_check.h"
#include "common/event_schema.h"

namespace cell0::broker {

class QuickCheck {
 public:
  explicit QuickCheck(const EventLimits& limits);

  struct Facts {
    const EventType* type = nullptr;
    std::string_view topic;      // effective; views into the envelope or into the QuickCheck
    bool own_topic = false;      // it is in the envelope: not the one of its type
    std::uint32_t priority = 5;  // effective
  };

  // nullopt says nothing about the envelope. A value: check_event() passes, and it has no origin.
  std::optional<Facts> look(std::string_view encoded_envelope) const;

 private:
  static constexpr std::uint32_t kNoKey = 7;  // there is no wire type 7
  struct Field {
    std::uint32_t key = kNoKey;       // as on the wire
    std::vector<std::string> one_of;  // empty: anything
  };
  static constexpr std::size_t kFieldsMax = 32;  // of a payload; the fields beyond are left to the decoder
  struct Payload {
    const EventType* type = nullptr;  // null: not a typed event
    std::string topic;                // by default
    std::array<Field, kFieldsMax> fields;
    std::uint32_t required = 0;  // bit 1 << number
    std::uint32_t level = 0;     // the number of log_stream's level; 0 for other types
  };
  struct Seen;
  class Walk;

  bool take_field(Seen& seen, const Walk& walk) const;
  bool take_payload(Seen& seen, const Walk& walk) const;

  EventLimits limits_;
  std::vector<Payload> payloads_;  // by field number
};

}  // namespace cell0::broker
