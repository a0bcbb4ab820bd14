#include "emitters/kernel/uevent.h"

#include "common/json.h"
#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kPropertiesMax = 64;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Result<Uevent> parse_uevent(std::string_view message) {
  const std::size_t head_end = message.find('\0');
  const std::string_view head = message.substr(0, head_end);
  const std::size_t at = head.find('@');
  if (at == std::string_view::npos || at == 0 || head_end == std::string_view::npos) {
    return Error{ErrorCode::kInvalid, "not a uevent: " + printable(head)};
  }
  Uevent event;
  event.action = to_utf8(head.substr(0, at));
  event.device_path = to_utf8(head.substr(at + 1));
  message.remove_prefix(head_end + 1);
  while (!message.empty() && event.properties.size() < kPropertiesMax) {
    const std::size_t end = message.find('\0');
    const std::string_view property = message.substr(0, end);
    message.remove_prefix(end == std::string_view::npos ? message.size() : end + 1);
    const std::size_t equals = property.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view key = property.substr(0, equals);
    if (key == "ACTION" || key == "DEVPATH") continue;
    event.properties.emplace_back(lower(to_utf8(key)), to_utf8(property.substr(equals + 1)));
  }
  return event;
}

std::string payload_of(const Uevent& event) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("action", event.action);
  json.member("device_path", event.device_path);
  for (const auto& [key, value] : event.properties) json.member(key, value);
  json.end_object();
  return text;
}

}  // namespace cell0::emit
