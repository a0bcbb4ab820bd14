// A TOML file as a list of settings, each with its line. The only user of toml++.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/schema.h"
#include "common/result.h"

namespace cell0 {

inline constexpr std::size_t kConfigFileBytesMax = 1 << 20;

// `name` is what errors and Setting::where call the text. kInvalid: not TOML ("config.toml:3:7: ..."), or a value of a
// kind that no key has (dates, lists of other things than texts).
Result<std::vector<Setting>> read_toml(std::string_view text, std::string_view name);

// kNotFound, kForbidden, kTooLarge and kInvalid name the file.
Result<std::vector<Setting>> read_toml_file(const std::string& path);

}  // namespace cell0
