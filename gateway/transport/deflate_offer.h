// Which permessage-deflate a client offers, and what we answer (RFC 7692 section 7.1). Pure text; no compression here.
//
// We agree to one form only: neither side keeps its window between messages, and ours is of kDeflateWindowBits. So an
// idle connection costs nothing for it, and what was compressed for one client serves all.
#pragma once

#include <string>
#include <string_view>

namespace cell0::gateway {

// Of what we send. Small enough for most clients that ask for a small one (python3-websockets suggests 12); JSON of
// 350 KB becomes 40 KB with it, 37 KB with the largest.
inline constexpr int kDeflateWindowBits = 12;

// The value of Sec-WebSocket-Extensions in our answer to the value in the request: for the first offer that we can
// agree to; "" if there is none. An offer is declined if it asks for a smaller window than ours, or if a parameter of
// it is unknown, repeated or has a value that the RFC does not allow; the next one is looked at then.
std::string deflate_answer(std::string_view offers);

}  // namespace cell0::gateway
