// FileTail: what is added to one log file, over renaming, truncation, disappearance and return.
//
// No timers: the owner calls poll() when the file may have grown, and age() at each rescan. A renamed or unlinked file
// is read on for kOldAgeMax rescans beside its successor, since its writer may not have noticed yet; a truncated one is
// read from its start. What cannot be seen: a file that was truncated and has grown past its old end when it is next
// looked at.
#pragma once

#include <sys/types.h>

#include <compare>
#include <functional>
#include <optional>
#include <string>

#include "common/line_splitter.h"
#include "common/result.h"

namespace cell0::emit {

// Which file, whatever its name: an inode is not used again while somebody holds it.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

// One file that is open for reading; closes it.
class OpenLog {
 public:
  using OnLine = std::function<void(const LineSplitter::Line&)>;

  // kNotFound: there is none; kInvalid: it is no plain file; kForbidden: not permitted; kInternal. Names the path.
  static Result<OpenLog> open(const std::string& path, std::size_t line_bytes_max);
  OpenLog(OpenLog&& other) noexcept;
  OpenLog& operator=(OpenLog&& other) noexcept;
  ~OpenLog();

  void skip_to_end();
  // Reads up to about `bytes_left` bytes and counts them off; false: there may be more. An error is an end.
  bool read(std::size_t& bytes_left, const OnLine& on_line);
  // What is left without a line's end is a line too.
  void finish(const OnLine& on_line) { splitter_.finish(on_line); }

  FileIdentity identity() const { return identity_; }

 private:
  OpenLog(int fd, FileIdentity identity, std::size_t line_bytes_max)
      : fd_(fd), identity_(identity), splitter_(line_bytes_max) {}

  int fd_;
  FileIdentity identity_;
  off_t offset_ = 0;
  LineSplitter splitter_;
};

// One thread. Holds at most two descriptors.
class FileTail {
 public:
  using OnLine = OpenLog::OnLine;
  static constexpr int kOldAgeMax = 5;  // rescans

  enum class Start { kBeginning, kEnd };  // of a file that is there at the first poll; later ones: their beginning
  enum class State {
    kIdle,        // at the end
    kMore,        // stopped at bytes_max: poll again soon
    kAbsent,      // there is no such file now
    kUnreadable,  // error() says why; it is tried again at the next poll
  };

  // `is_held`: does another tail read that file already, under another name? Then its beginning is not news. It is
  // asked at each opening.
  FileTail(std::string path, Start start, std::size_t line_bytes_max, std::function<bool(FileIdentity)> is_held = {});

  // Reads up to about `bytes_max` bytes. A line without its end waits for it.
  State poll(std::size_t bytes_max, const OnLine& on_line);

  // A rescan has passed.
  void age(const OnLine& on_line);

  bool holds(FileIdentity file) const;
  bool holds_any() const { return current_ || old_; }
  const std::string& path() const { return path_; }
  const std::string& error() const { return error_; }

 private:
  State open();
  bool is_current() const;
  void retire(const OnLine& on_line);
  void leave_old(const OnLine& on_line);

  std::string path_;
  Start start_;
  std::size_t line_bytes_max_;
  std::function<bool(FileIdentity)> is_held_;
  std::optional<OpenLog> current_;
  std::optional<OpenLog> old_;  // renamed or unlinked
  int old_age_ = 0;
  std::string error_;
};

}  // namespace cell0::emit
