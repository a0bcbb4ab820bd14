// What a configured text must be, in words for errors and docs, and as a check.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace cell0 {

struct TextRule {
  bool (*fits)(std::string_view text);
  std::string_view words;  // completes "X is not ...": "a host and port like 127.0.0.1:9600"
};

// "a number from 1 to 10", "a number from 0 on" where there is no practical maximum.
std::string range_rule(std::int64_t min, std::int64_t max);
// "one of trace, debug".
std::string words_rule(std::span<const std::string> words);
// Equal but for the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

bool is_ip_address(std::string_view text);        // 127.0.0.1, ::1 (no brackets, no scope)
bool is_loopback_address(std::string_view text);  // 127.0.0.0/8, ::1
bool is_host_and_port(std::string_view text);     // 127.0.0.1:9600, [::1]:9600, name:9600; ports 1-65535
bool is_endpoint(std::string_view text);          // ZeroMQ's: tcp://host:port (or port *), ipc://path, inproc://name

extern const TextRule kAnyText;           // no control characters
extern const TextRule kSomeText;          // and not empty
extern const TextRule kName;              // 1-64 of [A-Za-z0-9_.-]
extern const TextRule kOptionalName;      // or empty
extern const TextRule kEndpoint;          // is_endpoint
extern const TextRule kOptionalHostPort;  // is_host_and_port or empty
extern const TextRule kAddress;           // an IP address or "localhost"
extern const TextRule kHttpUrl;           // http(s)://host...
extern const TextRule kOrigin;            // scheme://host[:port], or "null"
extern const TextRule kTopicPrefix;       // whole parts of a topic, or empty
extern const TextRule kOptionalType;      // the name of an event type, or empty

}  // namespace cell0
