// The checks of configured texts.
#include "common/config/rule.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "common/topic.h"

namespace cell0 {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_any_text(std::string_view text) { return std::none_of(text.begin(), text.end(), is_control); }

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool is_host(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
    const std::string_view inner = text.substr(1, text.size() - 2);
    return inner.find(':') != std::string_view::npos && is_ip_address(inner);
  }
  return text.size() <= 253 && !text.empty() && std::all_of(text.begin(), text.end(), is_name_character);
}

struct HostPort {
  std::string_view host, port;
};

HostPort split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return {text, {}};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// host or host:port, as it stands in a URL.
bool is_authority(std::string_view text) {
  if (is_host(text)) return true;
  const auto [host, port] = split_host_port(text);
  return is_host(host) && is_port(port);
}

bool is_optional_type(std::string_view text) {
  if (text.empty()) return true;
  const auto type = TypeGlob::parse(text);
  return type.ok() && type->exact();
}

bool is_http_url(std::string_view text) {
  if (!is_any_text(text) || text.find(' ') != std::string_view::npos) return false;
  if (!take_prefix(text, "http://") && !take_prefix(text, "https://")) return false;
  return is_authority(text.substr(0, text.find_first_of("/?#")));
}

bool is_origin(std::string_view text) {
  if (text == "null") return true;
  const std::size_t slashes = text.find("://");
  return slashes != std::string_view::npos && slashes > 0 && is_authority(text.substr(slashes + 3));
}

}  // namespace

std::string range_rule(std::int64_t min, std::int64_t max) {
  const std::string from = "a whole number from " + std::to_string(min);
  return max == std::numeric_limits<std::int64_t>::max() ? from + " on" : from + " to " + std::to_string(max);
}

std::string words_rule(std::span<const std::string> words) {
  std::string rule = "one of ";
  for (const std::string& word : words) rule += (&word == words.data() ? "" : ", ") + word;
  return rule;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char left, char right) { return lower(left) == lower(right); });
}

bool is_ip_address(std::string_view text) {
  const std::string copy(text);
  in6_addr address;
  return copy.find('\0') == std::string::npos &&
         (::inet_pton(AF_INET, copy.c_str(), &address) == 1 || ::inet_pton(AF_INET6, copy.c_str(), &address) == 1);
}

bool is_loopback_address(std::string_view text) {
  if (!is_ip_address(text)) return false;
  const std::string copy(text);
  in6_addr six;
  if (::inet_pton(AF_INET6, copy.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return copy.starts_with("127.");
}

bool is_host_and_port(std::string_view text) {
  const auto [host, port] = split_host_port(text);
  return is_host(host) && is_port(port);
}

bool is_endpoint(std::string_view text) {
  if (!is_any_text(text) || text.find(' ') != std::string_view::npos) return false;
  if (take_prefix(text, "ipc://") || take_prefix(text, "inproc://")) return !text.empty();
  if (!take_prefix(text, "tcp://")) return false;
  const auto [host, port] = split_host_port(text);
  return (is_host(host) || host == "*") && (is_port(port) || port == "*");
}

constinit const TextRule kAnyText{is_any_text, "text without control characters"};
constinit const TextRule kSomeText{[](std::string_view text) { return !text.empty() && is_any_text(text); },
                                   "text without control characters, at least one character"};
constinit const TextRule kName{is_name, "a name of 1 to 64 letters, digits, _ . -"};
constinit const TextRule kOptionalName{[](std::string_view text) { return text.empty() || is_name(text); },
                                       "a name of up to 64 letters, digits, _ . -"};
constinit const TextRule kEndpoint{is_endpoint,
                                   "a ZeroMQ endpoint like tcp://127.0.0.1:5550 or ipc:///run/cell0/ingest"};
constinit const TextRule kOptionalHostPort{[](std::string_view text) { return text.empty() || is_host_and_port(text); },
                                           "a host and port like 127.0.0.1:9600, or empty for none"};
constinit const TextRule kAddress{[](std::string_view text) { return text == "localhost" || is_ip_address(text); },
                                  "an IP address like 127.0.0.1 or ::1, or localhost"};
constinit const TextRule kHttpUrl{is_http_url, "a URL like http://127.0.0.1:11434"};
constinit const TextRule kOrigin{is_origin, "an origin like https://example.org or http://example.org:3000, or null"};
constinit const TextRule kTopicPrefix{
    [](std::string_view text) { return text.empty() || check_topic(text).ok(); },
    "the whole first parts of a topic like sessions or channels.general, or empty for all"};
constinit const TextRule kOptionalType{is_optional_type, "the name of an event type like log_stream, or empty for all"};

}  // namespace cell0
