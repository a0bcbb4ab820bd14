// How bad a line of a log is, as far as its text tells.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cell0::emit {

// Of a log_stream event: DEBUG, INFO, WARN, ERROR, CRITICAL.
enum class LineLevel { kDebug, kInfo, kWarn, kError, kCritical };
std::string_view name_of(LineLevel level);

// "warning", "ERR", "fatal", ...: any spelling that loggers use, any case.
std::optional<LineLevel> parse_level(std::string_view word);

// syslog's 0 (emergency) to 7 (debug): RFC 5424 section 6.2.1.
LineLevel level_of_syslog(int severity);

// The level of a line of text: "<3>..." of the syslog kind, a word in capitals ("ERROR"), or a marked one ("[error]",
// "level=error", "error: ..." at the beginning) among its first 160 bytes. kInfo if it says nothing.
LineLevel detect_level(std::string_view line);

}  // namespace cell0::emit
