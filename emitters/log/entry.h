// LogEntry: one message of a log, whatever it came from, and how lines, JSON lines and journal entries become one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "emitters/log/level.h"

namespace cell0::emit {

struct LogEntry {
  LineLevel level = LineLevel::kInfo;
  std::string message;
  std::string logger;         // who wrote it: the file's name, the unit, the program
  std::string metadata_json;  // an object, or empty
  std::string program;        // of the writer, if known: for own_noise()
  std::int64_t time_us = 0;   // when it was written; 0: unknown
  bool cut = false;           // longer than the limit: the rest is missing
};

// A line of text; a JSON object with a "message" (or "msg") and, if it has them, "level", "logger" and "program" is
// understood. `logger` where the line names none.
LogEntry entry_of_line(std::string_view line, bool cut, std::string_view logger);

// An entry as `journalctl -o json` prints it (systemd.journal-fields(7)); nothing if it has no message.
std::optional<LogEntry> entry_of_journal(std::string_view line);

// Where to go on after that entry, for --after-cursor; empty if the line says none.
std::string journal_cursor(std::string_view line);

// Is it cell0 talking of its own work? What this emitter writes, and what the other processes write below WARN, is not
// sent on: each event would make lines and each line an event.
bool own_noise(const LogEntry& entry);

}  // namespace cell0::emit
