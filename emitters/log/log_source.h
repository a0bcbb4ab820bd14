// LogSource: files, journal and standard input as log_stream events, under one bound on their rate.
#pragma once

#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>

#include "emitters/log/entry.h"
#include "emitters/log/journal.h"
#include "emitters/log/log_files.h"
#include "emitters/runtime/host.h"
#include "emitters/runtime/rate_bound.h"

namespace cell0::emit {

class LogSource final : public Source {
 public:
  explicit LogSource(Host& host);
  void drain() override;

 private:
  static constexpr Duration kReportInterval = std::chrono::seconds(5);  // of what the bound refused

  void on_file_message(const std::string& path, const JoinedLine& message);
  void on_stdin_line(const LineSplitter::Line& line);
  void on_stdin_end();
  void send(const LogEntry& entry);
  void report_soon();
  void report_dropped();

  Host& host_;
  RateBound bound_;
  asio::steady_timer report_timer_;
  std::map<std::string, std::uint64_t> dropped_;  // by logger, since the last report
  std::unique_ptr<LogFiles> files_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<LineReader> stdin_;
};

}  // namespace cell0::emit
