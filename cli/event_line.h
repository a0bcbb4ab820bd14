// A line of `cell0 pub`'s input as an event.
#pragma once

#include <string_view>

#include "cell0/v1/event.pb.h"
#include "cli/command_line.h"
#include "common/result.h"

namespace cell0::cli {

// With options.type the line is the data; without it a whole event {"type", "data", "source"?, "priority"?, "topic"?,
// "session_id"?}. What the line does not say the options do. The id and the time are left to the emitter. kInvalid: the
// text names the member.
Result<v1::Envelope> envelope_of_line(std::string_view line, const PubOptions& options);

}  // namespace cell0::cli
