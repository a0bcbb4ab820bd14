#include "emitters/log/file_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

namespace cell0::emit {
namespace {

constexpr std::size_t kReadBytes = 64u << 10;
constexpr std::size_t kOldBytesMax = 8u << 20;  // of a last look: then it is left, whatever it still holds

Error open_error(const std::string& path, int error) {
  const std::string text = path + ": " + strerror(error);
  if (error == ENOENT || error == ENOTDIR) return {ErrorCode::kNotFound, text};
  if (error == EACCES || error == EPERM) return {ErrorCode::kForbidden, text};
  return {ErrorCode::kInternal, text};
}

FileIdentity identity_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

}  // namespace

Result<OpenLog> OpenLog::open(const std::string& path, std::size_t line_bytes_max) {
  // O_NONBLOCK: a FIFO of that name must not hold us up until somebody writes.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return open_error(path, errno);
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return Error{ErrorCode::kInvalid, path + ": not a plain file"};
  }
  return OpenLog(fd, identity_of(status), line_bytes_max);
}

OpenLog::OpenLog(OpenLog&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      identity_(other.identity_),
      offset_(other.offset_),
      splitter_(std::move(other.splitter_)) {}

OpenLog& OpenLog::operator=(OpenLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(identity_, other.identity_);
  std::swap(offset_, other.offset_);
  std::swap(splitter_, other.splitter_);
  return *this;
}

OpenLog::~OpenLog() {
  if (fd_ >= 0) ::close(fd_);
}

void OpenLog::skip_to_end() {
  struct stat status {};
  if (fstat(fd_, &status) == 0) offset_ = status.st_size;
}

bool OpenLog::read(std::size_t& bytes_left, const OnLine& on_line) {
  struct stat status {};
  if (fstat(fd_, &status) == 0 && status.st_size < offset_) {
    offset_ = 0;  // truncated: what we hold of a line is gone too
    splitter_.reset();
  }
  std::array<char, kReadBytes> buffer;
  while (bytes_left > 0) {
    const ssize_t count = pread(fd_, buffer.data(), buffer.size(), offset_);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    offset_ += count;
    splitter_.feed({buffer.data(), static_cast<std::size_t>(count)}, on_line);
    bytes_left -= std::min(bytes_left, static_cast<std::size_t>(count));
  }
  return false;
}

FileTail::FileTail(std::string path, Start start, std::size_t line_bytes_max, std::function<bool(FileIdentity)> is_held)
    : path_(std::move(path)), start_(start), line_bytes_max_(line_bytes_max), is_held_(std::move(is_held)) {}

FileTail::State FileTail::poll(std::size_t bytes_max, const OnLine& on_line) {
  if (old_ && !old_->read(bytes_max, on_line)) return State::kMore;
  while (true) {
    if (!current_) {
      const State state = open();
      if (state != State::kIdle) return state;
    }
    if (!current_->read(bytes_max, on_line)) return State::kMore;
    if (is_current()) return State::kIdle;
    retire(on_line);
  }
}

FileTail::State FileTail::open() {
  error_.clear();
  auto opened = OpenLog::open(path_, line_bytes_max_);
  if (!opened && opened.error().code == ErrorCode::kNotFound) {
    start_ = Start::kBeginning;  // what comes now is new
    return State::kAbsent;
  }
  if (!opened) {
    error_ = opened.error().text;
    return State::kUnreadable;
  }
  current_ = std::move(*opened);
  const bool known = is_held_ && is_held_(current_->identity());
  if (std::exchange(start_, Start::kBeginning) == Start::kEnd || known) current_->skip_to_end();
  return State::kIdle;
}

// Is the file of that name still the one that we read?
bool FileTail::is_current() const {
  struct stat status {};
  return stat(path_.c_str(), &status) == 0 && identity_of(status) == current_->identity();
}

void FileTail::retire(const OnLine& on_line) {
  leave_old(on_line);
  old_ = std::move(current_);
  current_.reset();
  old_age_ = 0;
}

void FileTail::age(const OnLine& on_line) {
  if (old_ && ++old_age_ >= kOldAgeMax) leave_old(on_line);
}

void FileTail::leave_old(const OnLine& on_line) {
  if (!old_) return;
  std::size_t bytes_left = kOldBytesMax;
  old_->read(bytes_left, on_line);
  old_->finish(on_line);
  old_.reset();
}

bool FileTail::holds(FileIdentity file) const {
  return (current_ && current_->identity() == file) || (old_ && old_->identity() == file);
}

}  // namespace cell0::emit
