#include "gateway/auth/authenticator.h"

#include "common/token_file.h"

namespace cell0::gateway {
namespace {

AccessPtr access_of(const char* entity, bool anonymous, const std::vector<std::string>& scopes) {
  auto access = std::make_shared<Access>();
  access->entity_id = entity;
  access->anonymous = anonymous;
  access->scopes = auth::ScopeSet::parse(scopes).value();
  return access;
}

}  // namespace

Authenticator::Authenticator(std::string admin_token)
    : admin_token_(std::move(admin_token)),
      anonymous_(access_of("anonymous", true,
                           {"subscribe:>", "history:>", "presence:read", "daemons:run", "sessions:run:demo"})),
      admin_(access_of("admin", false, {"*"})) {
  CELL0_CHECK(!admin_token_.empty());
}

Result<AccessPtr> Authenticator::verify(std::string_view token) const {
  if (constant_time_equal(token, admin_token_)) return admin_;
  return Error{ErrorCode::kUnauthenticated, "the token is not valid"};
}

}  // namespace cell0::gateway
