// A secret's file appears whole or not at all: written under another name, then linked to its own, which fails if
// somebody else was first.
#include "common/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace cell0 {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kCharactersMin = 32;  // behind the prefix; ours have 43
constexpr std::size_t kFileBytesMax = 1024;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::string& path, std::string_view what) {
  const int error = errno;
  const ErrorCode code = error == ENOENT                     ? ErrorCode::kNotFound
                         : error == EACCES || error == EPERM ? ErrorCode::kForbidden
                                                             : ErrorCode::kInternal;
  return {code, path + ": " + std::string(what) + ": " + std::strerror(error)};
}

Result<void> check_permissions(const std::string& path, int fd, const SecretKind& kind) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed(path, "cannot be examined");
  if (!S_ISREG(status.st_mode)) return Error{ErrorCode::kForbidden, path + ": is not a plain file"};
  if ((status.st_mode & 077) == 0) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", static_cast<unsigned>(status.st_mode & 07777));
  return Error{ErrorCode::kForbidden, path + ": mode " + mode + " lets others at the " + std::string(kind.name) +
                                          "; it must be 0600 (chmod 600, or remove the file and a new one is made)"};
}

bool is_secret(std::string_view text, const SecretKind& kind) {
  if (!text.starts_with(kind.prefix) || text.size() < kind.prefix.size() + kCharactersMin) return false;
  return std::all_of(text.begin(), text.end(), [foreign = kind.prefix.empty()](char c) {
    if (foreign) return c > ' ' && c < 0x7F;
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

Result<void> write_all(const std::string& path, const std::string& text) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.fd() < 0) return failed(path, "cannot be made");
  if (::write(file.fd(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return failed(path, "cannot be written");
  }
  if (::fsync(file.fd()) != 0) return failed(path, "cannot be written");
  return {};
}

// REQUIRES: bytes <= kSecretBytes.
std::string random_text(Random& random, std::size_t bytes) {
  std::array<std::uint8_t, kSecretBytes> buffer{};
  const std::span<std::uint8_t> part(buffer.data(), bytes);
  random.fill(part);
  return base64url(part);
}

// Makes the file unless somebody else does first; either way there is one afterwards.
Result<void> make_secret(const std::string& path, const SecretKind& kind, Random& random) {
  const std::string draft = path + "." + random_text(random, 9);
  const auto written = write_all(draft, std::string(kind.prefix) + random_text(random, kSecretBytes) + "\n");
  const bool linked = written.ok() && ::link(draft.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(draft.c_str());
  if (!written.ok()) return written.error();
  errno = error;
  if (!linked && errno != EEXIST) return failed(path, "cannot be made");
  return {};
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  const std::filesystem::path directory(path);
  if (std::filesystem::is_directory(directory, error)) return {};
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path(), error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
    return Error{ErrorCode::kForbidden, "state.dir: " + path + " cannot be made: " + std::strerror(errno) +
                                            " (set state.dir to a place of yours)"};
  }
  return {};
}

}  // namespace

Result<std::string> read_secret(const std::string& path, const SecretKind& kind) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.fd() < 0) return failed(path, "cannot be read");
  if (const auto checked = check_permissions(path, file.fd(), kind); !checked.ok()) return checked.error();
  std::array<char, kFileBytesMax> bytes;
  const ssize_t size = ::read(file.fd(), bytes.data(), bytes.size());
  if (size < 0) return failed(path, "cannot be read");
  std::string_view text(bytes.data(), static_cast<std::size_t>(size));
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.remove_suffix(1);
  if (!is_secret(text, kind)) {
    return Error{ErrorCode::kInvalid, path + ": holds no " + std::string(kind.name) + " (" + std::string(kind.prefix) +
                                          " and at least 32 characters" +
                                          (kind.prefix.empty() ? ")"
                                                               : " of letters, digits, _ and -); remove the "
                                                                 "file and a new one is made")};
  }
  return std::string(text);
}

Result<std::string> read_or_make_secret(const std::string& state_dir, const SecretKind& kind, Random& random) {
  const std::string path = state_dir + "/" + std::string(kind.file);
  auto secret = read_secret(path, kind);
  if (secret.ok() || secret.error().code != ErrorCode::kNotFound) return secret;
  if (const auto made = make_directory(state_dir); !made.ok()) return made.error();
  if (const auto made = make_secret(path, kind, random); !made.ok()) return made.error();
  return read_secret(path, kind);
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    // volatile: the compiler may not leave the loop at the first difference.
    volatile unsigned char left = static_cast<unsigned char>(a[i]);
    volatile unsigned char right = static_cast<unsigned char>(b[i]);
    difference = static_cast<unsigned char>(difference | (left ^ right));
  }
  return difference == 0;
}

}  // namespace cell0
