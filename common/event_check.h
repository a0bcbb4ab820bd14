// Is an event what it says? Everything that enters the stream passes here once: the emitter's path in the broker, what
// clients publish in the gateway.
#pragma once

#include <string_view>

#include "cell0/v1/event.pb.h"
#include "common/result.h"

namespace cell0 {

inline constexpr std::int64_t kTimeUsMax =
    253'402'300'799'999'999;  // the end of the year 9999, as far as ISO 8601 goes

struct EventLimits {
  std::size_t event_bytes_max = 1u << 20;  // of the encoded envelope
  std::size_t topic_bytes_max = 255;
  std::size_t source_bytes_max = 255;
  std::size_t session_id_bytes_max = 128;
  std::size_t json_depth_max = 32;
};

// kInvalid or kTooLarge; the text names the field: "llm_result.token_count: missing", "priority: 11 is not 1-10".
// Checks structure, required fields, one-of values, lengths, names, and that JSON parts are JSON (the data an object,
// as every dialect renders it). Cost: ~0.5 us for a small event, and a parse of its JSON parts.
Result<void> check_event(const v1::Envelope& envelope, const EventLimits& limits);

// A name of a type: 1-128 of [A-Za-z0-9_.-], beginning with a letter.
bool is_type_name(std::string_view name);

// An emitter's id: 1-64 of [A-Za-z0-9_.-].
bool is_emitter_id(std::string_view id);

}  // namespace cell0
