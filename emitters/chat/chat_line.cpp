#include "emitters/chat/chat_line.h"

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kChannelBytesMax = 128;
constexpr std::size_t kSenderBytesMax = 255;

Error wrong(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }

// The member if it is there; an error if it is no string.
Result<void> read_string(const rapidjson::Value& object, std::string_view key, std::string& to) {
  const rapidjson::Value* value = json_member(object, key);
  if (value == nullptr || value->IsNull()) return {};
  if (!value->IsString()) return wrong(std::string(key) + ": not a string");
  to = json_text(*value);
  return {};
}

Result<void> read_object(const rapidjson::Value& object, ChatLine& line) {
  for (auto [key, to] : {std::pair{"message", &line.message}, std::pair{"sender", &line.sender},
                         std::pair{"channel", &line.channel}, std::pair{"session_id", &line.session_id}}) {
    if (auto read = read_string(object, key, *to); !read) return read;
  }
  if (const rapidjson::Value* metadata = json_member(object, "metadata"); metadata != nullptr) {
    if (!metadata->IsObject()) return wrong("metadata: not a JSON object");
    JsonWriter(line.metadata_json).value(*metadata);
  }
  return {};
}

}  // namespace

Result<ChatLine> parse_chat_line(std::string_view text, std::string_view sender, std::string_view channel) {
  ChatLine line;
  line.sender = sender;
  line.channel = channel;
  if (text.starts_with('{')) {
    const auto parsed = parse_json(text);
    if (!parsed) return parsed.error();
    if (auto read = read_object(*parsed, line); !read) return read.error();
  } else {
    line.message = to_utf8(text);
  }
  if (line.message.empty()) return wrong("message: missing");
  if (line.channel.empty() || line.channel.size() > kChannelBytesMax) return wrong("channel: not 1-128 bytes");
  if (line.sender.empty() || line.sender.size() > kSenderBytesMax) return wrong("sender: not 1-255 bytes");
  return line;
}

}  // namespace cell0::emit
