#include "emitters/log/log_files.h"

#include <glob.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

namespace cell0::emit {
namespace {

constexpr std::size_t kBytesPerPoll = 256u << 10;               // of one file, then the loop gets its turn
constexpr Duration kPollPause = std::chrono::milliseconds(20);  // a busy file wakes us 50 times a second
constexpr std::array<std::string_view, 5> kPacked = {".gz", ".xz", ".bz2", ".zst", ".zip"};

bool is_packed(std::string_view path) {
  for (const std::string_view suffix : kPacked) {
    if (path.ends_with(suffix)) return true;
  }
  return false;
}

// The files that exist; a path without wildcards counts as one that may yet come.
std::vector<std::string> expand(const std::string& pattern) {
  if (pattern.find_first_of("*?[") == std::string::npos) return {pattern};
  std::vector<std::string> paths;
  glob_t found{};
  if (glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) {
      if (!is_packed(found.gl_pathv[i])) paths.emplace_back(found.gl_pathv[i]);
    }
  }
  globfree(&found);
  return paths;
}

}  // namespace

struct LogFiles::File {
  File(FileTail t, std::size_t line_bytes_max) : tail(std::move(t)), messages(line_bytes_max) {}

  FileTail tail;
  MultiLine messages;
  FileTail::State said = FileTail::State::kIdle;  // what the log knows of it
  int watch = -1;
};

LogFiles::LogFiles(asio::io_context& io, const Clock& clock, Log& log, Options options, OnMessage on_message)
    : clock_(clock),
      log_(log),
      options_(std::move(options)),
      on_message_(std::move(on_message)),
      rescan_timer_(io),
      poll_timer_(io),
      flush_timer_(io),
      inotify_(io) {
  const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd >= 0) {
    inotify_.assign(fd);
    wait_for_changes();
  }
  rescan();
}

void LogFiles::drain() {
  for (auto& [path, file] : files_) {
    file->messages.flush(MonoTime::max(),
                         [&path = path, this](const JoinedLine& message) { on_message_(path, message); });
  }
}

LogFiles::~LogFiles() = default;

void LogFiles::rescan() {
  expand_globs();
  poll_all();
  for (auto& [path, file] : files_) {
    file->tail.age([this, &file = *file](const LineSplitter::Line& line) {
      file.messages.add(line.text, line.cut, clock_.mono(),
                        [&](const JoinedLine& message) { on_message_(file.tail.path(), message); });
    });
    watch(*file);
  }
  first_scan_ = false;
  rescan_timer_.expires_after(options_.rescan_interval);
  rescan_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) rescan();
  });
}

void LogFiles::expand_globs() {
  for (const std::string& pattern : options_.globs) {
    for (const std::string& path : expand(pattern)) {
      if (!files_.contains(path)) add(path);
    }
  }
  // A file that came by a wildcard and is gone for good makes room.
  std::erase_if(files_, [this](const auto& entry) {
    const bool named = std::find(options_.globs.begin(), options_.globs.end(), entry.first) != options_.globs.end();
    return !named && entry.second->said == FileTail::State::kAbsent && !entry.second->tail.holds_any();
  });
}

void LogFiles::add(const std::string& path) {
  if (files_.size() >= kFilesMax) {
    if (!std::exchange(too_many_said_, true)) {
      log_.warn("too many files to follow; the others are left alone", {{"files_max", kFilesMax}, {"first", path}});
    }
    return;
  }
  const auto start = first_scan_ && !options_.from_start ? FileTail::Start::kEnd : FileTail::Start::kBeginning;
  FileTail tail(path, start, options_.line_bytes_max, [this](FileIdentity file) { return is_held(file); });
  files_.emplace(path, std::make_unique<File>(std::move(tail), options_.line_bytes_max));
}

bool LogFiles::is_held(FileIdentity identity) const {
  int holders = 0;  // the one who asks is the first
  for (const auto& [path, file] : files_) holders += file->tail.holds(identity) ? 1 : 0;
  return holders > 1;
}

void LogFiles::poll_all() {
  for (auto& [path, file] : files_) poll(*file);
  flush_soon();
}

void LogFiles::poll(File& file) {
  const MonoTime now = clock_.mono();
  const auto state = file.tail.poll(kBytesPerPoll, [&](const LineSplitter::Line& line) {
    file.messages.add(line.text, line.cut, now,
                      [&](const JoinedLine& message) { on_message_(file.tail.path(), message); });
  });
  if (state == FileTail::State::kMore) poll_all_soon();
  say_state(file, state);
}

// Once for each change.
void LogFiles::say_state(File& file, FileTail::State state) {
  if (state == FileTail::State::kMore) state = FileTail::State::kIdle;
  const auto before = std::exchange(file.said, state);
  if (before == state) return;
  if (state == FileTail::State::kIdle) log_.info("following the file", {{"path", file.tail.path()}});
  if (state == FileTail::State::kAbsent)
    log_.warn("the file is not there; waiting for it", {{"path", file.tail.path()}});
  if (state == FileTail::State::kUnreadable) log_.warn("cannot read the file", {{"why", file.tail.error()}});
}

void LogFiles::poll_all_soon() {
  if (std::exchange(poll_pending_, true)) return;
  poll_timer_.expires_after(kPollPause);
  poll_timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    poll_pending_ = false;
    poll_all();
  });
}

void LogFiles::flush_soon() {
  std::optional<MonoTime> first;
  for (const auto& [path, file] : files_) {
    const auto at = file->messages.flush_at();
    if (at && (!first || *at < *first)) first = at;
  }
  if (!first || std::exchange(flush_pending_, true)) return;
  flush_timer_.expires_after(*first - clock_.mono());
  flush_timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    flush_pending_ = false;
    flush_messages();
  });
}

void LogFiles::flush_messages() {
  for (auto& [path, file] : files_) {
    file->messages.flush(clock_.mono(),
                         [this, &path = path](const JoinedLine& message) { on_message_(path, message); });
  }
  flush_soon();
}

// On the path, so again after each rescan: the file behind it may be another one. The same watch comes back if not.
void LogFiles::watch(File& file) {
  if (!inotify_.is_open()) return;
  const int watch =
      inotify_add_watch(inotify_.native_handle(), file.tail.path().c_str(), IN_MODIFY | IN_MOVE_SELF | IN_ATTRIB);
  if (watch != file.watch && file.watch >= 0) inotify_rm_watch(inotify_.native_handle(), file.watch);
  file.watch = watch;
}

void LogFiles::wait_for_changes() {
  inotify_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const asio::error_code& error) {
    if (error) return;
    std::array<char, 4096> events;
    while (read(inotify_.native_handle(), events.data(), events.size()) > 0) {
    }
    poll_all_soon();  // which file it was does not matter: looking at all of them is cheap
    wait_for_changes();
  });
}

}  // namespace cell0::emit
