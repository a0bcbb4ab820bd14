// Events as the command line prints them: JSON lines with the members that SSE and REST give, or a line for people.
#pragma once

#include <string>

#include "cell0/v1/control.pb.h"
#include "cell0/v1/event.pb.h"
#include "common/event_filter.h"

namespace cell0::cli {

// {"type","data","source","timestamp","seq","topic","priority","id"} and "session_id" if it has one; no line end.
std::string json_line(const v1::Delivered& event, const v1::Envelope& envelope);

// "12:30:05.123  4 chat_message  chat.general  {...}", the time of day in UTC; coloured by urgency if `colours`.
std::string pretty_line(const v1::Delivered& event, const v1::Envelope& envelope, bool colours);

// For EventFilter: views into both.
EventFacts facts_of(const v1::Delivered& event, const v1::Envelope& envelope);

}  // namespace cell0::cli
