// A file that only takes up room: given back when the disk is full, so that the log can be trimmed, and made again once
// there is room.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/result.h"

namespace cell0::broker {

class Ballast {
 public:
  // 0 bytes: there is none. Whatever lies at `path` is taken for the ballast.
  Ballast(std::filesystem::path path, std::uint64_t bytes) : path_(std::move(path)), bytes_(bytes) {}

  // Is it there, and whole?
  bool there() const;
  std::uint64_t bytes() const { return bytes_; }

  // Makes it unless it is there. kFull: there is not twice its size of free room.
  Result<void> make();
  void give_back();

 private:
  std::filesystem::path path_;
  std::uint64_t bytes_;
};

}  // namespace cell0::broker
