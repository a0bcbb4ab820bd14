// Journal: follows the systemd journal by way of `journalctl -f -o json`, over the ends of that program.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>

#include "common/link/backoff.h"
#include "common/log.h"
#include "emitters/log/entry.h"
#include "emitters/runtime/child_lines.h"

namespace cell0::emit {

// One thread, the loop's. Without journalctl it says so once and does nothing.
class Journal {
 public:
  using OnEntry = std::function<void(const LogEntry&)>;

  // Begins at once, with what comes from now on (from_start: with all there is). Random and log outlive it.
  Journal(asio::io_context& io, Random& random, Log& log, bool from_start, OnEntry on_entry);

 private:
  void start();
  void on_line(const LineSplitter::Line& line);
  void on_end(int status);

  asio::io_context& io_;
  Random& random_;
  Log& log_;
  bool from_start_;
  OnEntry on_entry_;
  std::string cursor_;  // of the last entry
  link::Backoff backoff_;
  asio::steady_timer retry_timer_;
  std::unique_ptr<ChildLines> child_;
};

}  // namespace cell0::emit
