// One chat message a line: a JSON object, or plain text.
//
//   {"message": "Hello!", "sender": "ada", "channel": "general", "metadata": {}, "session_id": "s1"}
//   Hello!
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0::emit {

struct ChatLine {
  std::string message;
  std::string sender;
  std::string channel;
  std::string metadata_json;  // an object, or empty
  std::string session_id;     // may be empty
};

// `sender` and `channel` where the line names none. kInvalid: the text names the member. A line that begins with '{' is
// JSON; any other is the message itself.
Result<ChatLine> parse_chat_line(std::string_view line, std::string_view sender, std::string_view channel);

}  // namespace cell0::emit
