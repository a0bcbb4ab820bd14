// The version of this build, as CMake's project() states it: "0.1.0".
#pragma once

namespace cell0 {

const char* version();

}  // namespace cell0
