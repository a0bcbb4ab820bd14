// Times that people type: in queries, messages and on the command line. How we write them: clock.h.
#pragma once

#include <string_view>

#include "common/clock.h"
#include "common/result.h"

namespace cell0 {

// "2026-02-12T10:30:00Z", "2026-02-12T11:30:00.5+01:00" (RFC 3339), or "@1770892200.5": seconds since 1970. Digits
// behind the microseconds are dropped. kInvalid: the text says what would be right. REQUIRES nothing of the text.
Result<WallTime> parse_time(std::string_view text);

}  // namespace cell0
