#include "broker/log/ballast.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstring>

namespace cell0::broker {

bool Ballast::there() const {
  std::error_code error;
  return bytes_ == 0 || (std::filesystem::file_size(path_, error) == bytes_ && !error);
}

Result<void> Ballast::make() {
  if (there()) return {};
  std::error_code error;
  const auto space = std::filesystem::space(path_.parent_path(), error);
  if (error || space.available < 2 * bytes_) {
    return Error{ErrorCode::kFull,
                 path_.string() + ": no room for the ballast of " + std::to_string(bytes_) + " bytes"};
  }
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Error{ErrorCode::kUnavailable, path_.string() + ": " + std::strerror(errno)};
  const int failed = ::posix_fallocate(file, 0, static_cast<off_t>(bytes_));
  ::close(file);
  if (failed == 0) return {};
  give_back();
  return Error{ErrorCode::kFull, path_.string() + ": " + std::strerror(failed)};
}

void Ballast::give_back() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace cell0::broker
