// Who a client is and what it may do: decided when it shows its token (authenticator.h), asked wherever a command is
// executed. The vocabulary of verbs and subjects is common/auth/scopes.h's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cell0/v1/control.pb.h"
#include "common/auth/scopes.h"
#include "common/clock.h"
#include "common/result.h"

namespace cell0::gateway {

// How a WebSocket ends whose token is wrong, has expired or was revoked (dialects.md, "Authentication").
inline constexpr std::uint16_t kCloseAccessEnded = 4001;

struct Access {
  std::string entity_id;             // "anonymous" without a token
  std::string entity_type = "user";  // agent, user, session, channel, system
  bool anonymous = false;
  std::string token_id;                   // by which it is revoked; "": it cannot be
  std::vector<std::string> derived_from;  // the ids of the tokens by which it was issued: with one of them it ends
  std::optional<WallTime> expires;        // from then on it may nothing; none: never
  auth::ScopeSet scopes;

  // "publish", "events.chat_message"; "presence", "read"; "sessions", "run:demo"; "admin", "".
  bool may(std::string_view verb, std::string_view subject) const { return scopes.admits(verb, subject); }
  // Whether there is any subject for which it holds.
  bool may_some(std::string_view verb) const { return scopes.admits_some(verb); }

  // The same, with words for the client. kUnauthenticated: a token would help; kForbidden: this one does not.
  Result<void> check(std::string_view verb, std::string_view subject) const;
  Result<void> check_some(std::string_view verb) const;

  // Puts the topics that it may see into filter.allowed_topics: those which were there and `verb` (subscribe, history)
  // admits; untouched if it admits all. For what is resumed call it for both verbs. A filter of an earlier access has
  // its allowed_topics cleared first. kUnauthenticated, kForbidden: it may see nothing of what the filter asks for, or
  // one of filter.topics is beyond it; the text names it.
  Result<void> narrow(v1::Filter& filter, std::string_view verb) const;
};
using AccessPtr = std::shared_ptr<const Access>;

}  // namespace cell0::gateway
