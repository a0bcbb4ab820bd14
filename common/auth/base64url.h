// Base64url without padding (RFC 4648 section 5), read strictly: each text of bytes has one form only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cell0::auth {

// nullopt: another character, padding, a length that no bytes have, or unused bits that are not 0. The inverse of
// base64url() in common/random.h.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace cell0::auth
