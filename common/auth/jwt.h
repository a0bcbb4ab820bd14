// Tokens: JWTs (RFC 7519) as this system takes them, strictly. libjwt does the cryptography behind it, and only that:
// by itself it accepts expired tokens and `alg: none`.
//
// A token is "cell0_" (ours; other issuers' go without) and header.claims.signature. What is refused, in this order:
// too large; not three parts of canonical base64url; a header that is no JSON object, or has a member twice, or `crit`;
// an algorithm that no key is for; a signature that no key made; claims that are not as below; expired, or not valid
// yet. So a text about claims is only for who holds a token that was signed.
//
// Values; pure but for the clock that they are given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/auth/keys.h"
#include "common/auth/scopes.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::auth {

inline constexpr std::size_t kTokenBytesMax = 8192;
inline constexpr std::size_t kEntityBytesMax = 255;
inline constexpr std::size_t kTokenIdBytesMax = 128;
inline constexpr std::size_t kAncestorsMax = 8;
inline constexpr std::string_view kTokenPrefix = "cell0_";

// For clocks of issuers elsewhere: a token may be used so long before its `nbf`. Never after its `exp`.
inline constexpr std::chrono::seconds kLeeway{5};

struct Claims {
  std::string entity_id;               // sub: 1-255 bytes without control characters
  std::string entity_type = "agent";   // entity_type: agent, user, session, channel or system
  ScopeSet scopes;                     // permissions: a list of scopes; none: it may nothing
  WallTime expires{};                  // exp: always there; up to the year 9999
  std::optional<WallTime> not_before;  // nbf
  // jti: 1-128 bytes. Of a token without one: a digest of what is signed (not of the signature, which can be changed
  // without becoming wrong).
  std::string token_id;
  // derived_from: the token_ids of the tokens by which it was issued, the first one first; when one of them is revoked
  // so is this one. At most kAncestorsMax.
  std::vector<std::string> derived_from;
};

// Of an entity_type claim.
bool is_entity_type(std::string_view text);
// Of an entity_id: 1-255 bytes of UTF-8 without control characters.
bool is_entity_id(std::string_view text);

class TokenVerifier {
 public:
  static constexpr std::size_t kKeysMax = 16;  // each may have to be tried

  TokenVerifier() = default;  // knows no key: refuses everything
  // kTooLarge: more than kKeysMax.
  static Result<TokenVerifier> create(std::vector<TokenKey> keys);

  // kTooLarge, kInvalid: it is no token; kUnauthenticated: it is not valid. The text begins with "token: ".
  Result<Claims> verify(std::string_view token, WallTime now) const;

 private:
  std::vector<TokenKey> keys_;
};

// A token of ours with these claims, "cell0_..."; the key signs it. kInternal: the key cannot. REQUIRES: as Claims
// says.
Result<std::string> sign_token(const TokenKey& key, const Claims& claims, WallTime issued);

}  // namespace cell0::auth
