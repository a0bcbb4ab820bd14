// A stored event as a line of `cell0 log export`, and back.
//
// {"seq","taken_us","type","data","source","timestamp","topic","priority","durability","envelope"}: import reads `seq`,
// `taken_us`, `type`, `topic`, `priority`, `durability` and `envelope` (the event's bytes, base64url), so that nothing
// is lost on the way; the rest is for people and their tools.
#pragma once

#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::cli {

struct LogLine {
  Seq seq;
  std::int64_t taken_us = 0;  // by the broker's clock
  std::string type;
  std::string topic;
  std::uint32_t priority = 5;
  bool relaxed = false;
  std::string envelope;  // encoded
};

// Without a line end. kInvalid: the envelope is none.
Result<std::string> text_of(const LogLine& event);

// kInvalid: the text names the member.
Result<LogLine> log_line_of(std::string_view text);

}  // namespace cell0::cli
