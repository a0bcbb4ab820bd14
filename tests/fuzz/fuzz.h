// A fuzz target: one file that defines this function. It ends the process where something does not hold.
#pragma once

#include <string_view>

namespace cell0 {

void fuzz(std::string_view input);

}  // namespace cell0
