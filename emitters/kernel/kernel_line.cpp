#include "emitters/kernel/kernel_line.h"

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kNameBytesMax = 128;

Error wrong(std::string what) {
  return {ErrorCode::kInvalid, std::move(what) +
                                   " (a line is `kernel_id event {json}` or {\"kernel_id\", \"event\", "
                                   "\"payload\"})"};
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string_view take_word(std::string_view& line) {
  line = trim(line);
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line = trim(line.substr(word.size()));
  return word;
}

Result<std::string> payload_text(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return wrong("payload: " + parsed.error().text);
  if (!parsed->IsObject()) return wrong("payload: not a JSON object");
  return std::string(text);
}

Result<KernelLine> checked(KernelLine line) {
  if (line.kernel_id.empty()) return wrong("kernel_id: missing");
  if (line.event.empty()) return wrong("event: missing");
  if (line.kernel_id.size() > kNameBytesMax) return wrong("kernel_id: longer than 128 bytes");
  if (line.event.size() > kNameBytesMax) return wrong("event: longer than 128 bytes");
  return line;
}

Result<KernelLine> parse_object(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) return wrong(parsed.error().text);
  KernelLine line;
  line.kernel_id = json_string(*parsed, "kernel_id").value_or("");
  line.event = json_string(*parsed, "event").value_or("");
  if (const rapidjson::Value* payload = json_member(*parsed, "payload"); payload != nullptr) {
    if (!payload->IsObject()) return wrong("payload: not a JSON object");
    JsonWriter(line.payload_json).value(*payload);
  }
  return checked(std::move(line));
}

}  // namespace

Result<KernelLine> parse_kernel_line(std::string_view text) {
  text = trim(text);
  if (!is_utf8(text)) return wrong("not UTF-8");
  if (text.starts_with('{')) return parse_object(text);
  KernelLine line;
  line.kernel_id = take_word(text);
  line.event = take_word(text);
  if (!text.empty()) {
    auto payload = payload_text(text);
    if (!payload) return payload.error();
    line.payload_json = std::move(*payload);
  }
  return checked(std::move(line));
}

}  // namespace cell0::emit
