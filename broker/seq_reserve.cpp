#include "broker/seq_reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>

namespace cell0::broker {
namespace {

constexpr std::string_view kHead = "cell0-seq-reserve 1 ";

std::string check_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  std::array<char, 17> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx", static_cast<unsigned long long>(hash));
  return hex.data();
}

std::string line_of(Seq last) {
  const std::string text = std::string(kHead) + std::to_string(last.value);
  return text + " " + check_of(text) + "\n";
}

std::optional<Seq> parse_line(std::string_view line) {
  if (line.substr(0, kHead.size()) != kHead) return std::nullopt;
  Seq last;
  const char* const from = line.data() + kHead.size();
  const auto number = std::from_chars(from, line.data() + line.size(), last.value);
  if (number.ec != std::errc{} || last > kSeqMax || line != line_of(last)) return std::nullopt;
  return last;
}

// A file descriptor that closes itself.
class File {
 public:
  File(const std::filesystem::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error failed(const std::filesystem::path& path, const char* what) {
  return {ErrorCode::kUnavailable, path.string() + ": cannot " + what + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Result<Seq> SeqReserveFile::load() {
  const File file(path_, O_RDONLY);
  if (!file.ok()) {
    if (errno == ENOENT) return Seq{0};
    return failed(path_, "open it");
  }
  std::array<char, 128> text{};  // a good line is shorter
  const ssize_t size = ::read(file.fd(), text.data(), text.size());
  if (size < 0) return failed(path_, "read it");
  if (const auto last = parse_line({text.data(), static_cast<std::size_t>(size)})) return *last;
  return Error{ErrorCode::kInvalid,
               path_.string() +
                   ": damaged, so the broker cannot know which event numbers were used. If no clock of this machine "
                   "has ever been ahead of now, remove the file: numbers go on from the time of day. Else restore it "
                   "from a backup"};
}

Result<void> SeqReserveFile::store(Seq last) {
  std::filesystem::path beside = path_;
  beside += ".new";
  {
    const File file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.ok()) return failed(beside, "create it");
    if (!write_all(file.fd(), line_of(last))) return failed(beside, "write it");
    if (::fsync(file.fd()) != 0) return failed(beside, "sync it");
  }
  if (::rename(beside.c_str(), path_.c_str()) != 0) return failed(path_, "replace it");
  const std::filesystem::path parent = path_.has_parent_path() ? path_.parent_path() : ".";
  const File directory(parent, O_RDONLY | O_DIRECTORY);
  if (!directory.ok() || ::fsync(directory.fd()) != 0) return failed(parent, "sync the directory");
  return {};
}

}  // namespace cell0::broker
