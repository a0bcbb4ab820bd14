#include "emitters/log/log_source.h"

#include <unistd.h>

#include <filesystem>

#include "common/json.h"
#include "emitters/sdk/cell0d.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kLoggerBytesMax = 128;
constexpr std::size_t kLoggersReportedMax = 32;

std::string with_path(const std::string& path, bool cut) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("path", path);
  if (cut) json.member("cut", true);
  json.end_object();
  return text;
}

}  // namespace

LogSource::LogSource(Host& host)
    : host_(host),
      bound_(host.config.emit.log.lines_per_second_max, 2 * host.config.emit.log.lines_per_second_max),
      report_timer_(host.io) {
  const EmitLogConfig& config = host.config.emit.log;
  if (!config.files.empty()) {
    files_ = std::make_unique<LogFiles>(
        host.io, host.clock, host.log,
        LogFiles::Options{config.files, config.from_start, config.rescan_interval, config.line_bytes_max},
        [this](const std::string& path, const JoinedLine& message) { on_file_message(path, message); });
  }
  if (config.journald) {
    journal_ = std::make_unique<Journal>(host.io, host.random, host.log, config.from_start,
                                         [this](const LogEntry& entry) { send(entry); });
  }
  if (config.stdin_lines) {
    stdin_ = std::make_unique<LineReader>(
        host.io, STDIN_FILENO, config.line_bytes_max, [this](const LineSplitter::Line& line) { on_stdin_line(line); },
        [this] { on_stdin_end(); });
  }
  if (!files_ && !journal_ && !stdin_) host.log.warn("nothing to follow: emit.log.files, journald and stdin are off");
  report_soon();
}

void LogSource::drain() {
  if (files_) files_->drain();
  report_dropped();
}

void LogSource::on_file_message(const std::string& path, const JoinedLine& message) {
  LogEntry entry = entry_of_line(message.text, message.cut, std::filesystem::path(path).stem().string());
  if (entry.metadata_json.empty()) entry.metadata_json = with_path(path, message.cut);
  send(entry);
}

void LogSource::on_stdin_line(const LineSplitter::Line& line) {
  if (!line.text.empty()) send(entry_of_line(line.text, line.cut, "stdin"));
}

void LogSource::on_stdin_end() {
  host_.log.info("standard input has ended");
  if (!files_ && !journal_) host_.finish(kExitStopped);
}

void LogSource::send(const LogEntry& entry) {
  if (own_noise(entry)) return;
  const std::string_view logger = std::string_view(entry.logger).substr(0, kLoggerBytesMax);
  if (!bound_.admit(host_.clock.mono())) {
    if (dropped_.size() < kLoggersReportedMax || dropped_.contains(entry.logger)) ++dropped_[entry.logger];
    return;
  }
  // What the queue refuses the emitter counts and tells.
  static_cast<void>(emit_log(host_.emitter, {.level = name_of(entry.level),
                                             .message = entry.cut ? entry.message + " [cut]" : entry.message,
                                             .logger = logger,
                                             .metadata_json = entry.metadata_json,
                                             .time_us = entry.time_us}));
}

void LogSource::report_soon() {
  report_timer_.expires_after(kReportInterval);
  report_timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    report_dropped();
    report_soon();
  });
}

// Not under the bound itself: there is one in kReportInterval.
void LogSource::report_dropped() {
  const std::uint64_t dropped = bound_.take_refused();
  if (dropped == 0) return;
  std::string by_logger;
  JsonWriter json(by_logger);
  json.begin_object();
  json.member("dropped", dropped);
  json.key("by_logger");
  json.begin_object();
  for (const auto& [logger, count] : dropped_) json.member(logger, count);
  json.end_object();
  json.end_object();
  dropped_.clear();
  const std::string message = std::to_string(dropped) + " log lines were dropped: more than " +
                              std::to_string(static_cast<std::uint64_t>(host_.config.emit.log.lines_per_second_max)) +
                              " a second (emit.log.lines_per_second_max)";
  static_cast<void>(emit_log(
      host_.emitter, {.level = "WARN", .message = message, .logger = "cell0-emit-log", .metadata_json = by_logger}));
}

}  // namespace cell0::emit
