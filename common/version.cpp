// The version comes from the build: CELL0_VERSION.
#include "common/version.h"

namespace cell0 {

const char* version() { return CELL0_VERSION; }

}  // namespace cell0
