// LogFiles: follows all files that the configured paths and globs name, as they come and go.
//
// Woken by inotify(7) when a followed file changes, and by a rescan that finds new, renamed and vanished ones (inotify
// alone would miss network file systems). Bounded: kFilesMax files; further ones are named in the log and left alone.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "emitters/log/file_tail.h"
#include "emitters/log/multiline.h"

namespace cell0::emit {

// One thread, the loop's.
class LogFiles {
 public:
  static constexpr std::size_t kFilesMax = 512;

  struct Options {
    std::vector<std::string> globs;
    bool from_start = false;
    Duration rescan_interval = std::chrono::seconds(1);
    std::size_t line_bytes_max = 16u << 10;
  };
  using OnMessage = std::function<void(const std::string& path, const JoinedLine&)>;

  // Begins at once. Clock and log outlive it.
  LogFiles(asio::io_context& io, const Clock& clock, Log& log, Options options, OnMessage on_message);
  ~LogFiles();
  LogFiles(const LogFiles&) = delete;
  LogFiles& operator=(const LogFiles&) = delete;

  // Hands out what waits for further lines of its message.
  void drain();

  std::size_t followed() const { return files_.size(); }

 private:
  struct File;

  void rescan();
  void expand_globs();
  void add(const std::string& path);
  void poll(File& file);
  void poll_all();
  void poll_all_soon();
  void say_state(File& file, FileTail::State state);
  void flush_soon();
  void flush_messages();
  void watch(File& file);
  void wait_for_changes();
  bool is_held(FileIdentity identity) const;

  const Clock& clock_;
  Log& log_;
  Options options_;
  OnMessage on_message_;
  std::map<std::string, std::unique_ptr<File>> files_;
  bool first_scan_ = true;
  bool too_many_said_ = false;
  bool poll_pending_ = false;
  asio::steady_timer rescan_timer_;
  asio::steady_timer poll_timer_;
  asio::steady_timer flush_timer_;
  bool flush_pending_ = false;
  asio::posix::stream_descriptor inotify_;
};

}  // namespace cell0::emit
