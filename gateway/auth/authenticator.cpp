#include "gateway/auth/authenticator.h"

#include <algorithm>

#include "common/secret_file.h"

namespace cell0::gateway {
namespace {

AccessPtr access_of(auth::Claims claims) {
  auto access = std::make_shared<Access>();
  access->entity_id = std::move(claims.entity_id);
  access->entity_type = std::move(claims.entity_type);
  access->token_id = std::move(claims.token_id);
  access->derived_from = std::move(claims.derived_from);
  access->expires = claims.expires;
  access->scopes = std::move(claims.scopes);
  return access;
}

AccessPtr anonymous_access(auth::ScopeSet scopes) {
  auto access = std::make_shared<Access>();
  access->entity_id = "anonymous";
  access->anonymous = true;
  access->scopes = std::move(scopes);
  return access;
}

AccessPtr admin_access() {
  auto access = std::make_shared<Access>();
  access->entity_id = "admin";
  access->scopes = auth::ScopeSet::parse(std::vector<std::string>{"*"}).value();
  return access;
}

Error invalid(std::string text) { return {ErrorCode::kInvalid, std::move(text)}; }
Error forbidden(std::string text) { return {ErrorCode::kForbidden, std::move(text)}; }

}  // namespace

Authenticator::Authenticator(AuthSettings settings, Revocations& revocations, const Clock& clock, UuidGenerator& ids)
    : settings_(std::move(settings)),
      revocations_(revocations),
      clock_(clock),
      ids_(ids),
      anonymous_(anonymous_access(settings_.anonymous_scopes)),
      admin_(admin_access()) {
  CELL0_CHECK(!settings_.admin_token.empty());
}

Result<AccessPtr> Authenticator::verify(std::string_view token) const {
  if (constant_time_equal(token, settings_.admin_token)) return admin_;
  // What looks like an admin token is one that is wrong.
  if (token.find('.') == std::string_view::npos) return Error{ErrorCode::kUnauthenticated, "the token is not valid"};
  auto claims = settings_.verifier.verify(token, clock_.wall());
  if (!claims) return Error{ErrorCode::kUnauthenticated, claims.error().text};
  if (!revocations_.known()) {
    return Error{ErrorCode::kUnavailable, "token: which ones are revoked is not known now (no broker); try again"};
  }
  AccessPtr access = access_of(std::move(*claims));
  if (auto checked = check(*access); !checked) return checked.error();
  return access;
}

Result<void> Authenticator::check(const Access& access) const {
  if (access.expires && *access.expires <= clock_.wall()) {
    return Error{ErrorCode::kUnauthenticated, "token: expired at " + to_iso8601(*access.expires)};
  }
  if (revocations_.revoked(access)) return Error{ErrorCode::kUnauthenticated, "token: it was revoked"};
  return {};
}

// ---- issuing

Result<Issued> Authenticator::issue(const Access& by, const Grant& grant) const {
  if (by.anonymous) return Error{ErrorCode::kUnauthenticated, "a token is needed to issue one"};
  if (auto checked = check(by); !checked) return checked.error();
  auto claims = claims_for(by, grant);
  if (!claims) return claims.error();
  auto token = auth::sign_token(settings_.signing_key, *claims, clock_.wall());
  if (!token) return token.error();
  if (token->size() > auth::kTokenBytesMax) {
    return invalid("permissions: the token would have " + std::to_string(token->size()) + " bytes; at most " +
                   std::to_string(auth::kTokenBytesMax) + " are taken");
  }
  return Issued{std::move(*token), claims->token_id, claims->expires};
}

Result<auth::Claims> Authenticator::claims_for(const Access& by, const Grant& grant) const {
  if (!auth::is_entity_id(grant.entity_id)) return invalid("entity_id: not 1-255 bytes without control characters");
  if (!auth::is_entity_type(grant.entity_type)) {
    return invalid("entity_type: not agent, user, session, channel or system");
  }
  if (grant.entity_id != by.entity_id && !by.may("admin", "")) {
    return forbidden("entity_id: a token for another entity than " + by.entity_id + " needs the scope admin");
  }
  auto scopes = auth::ScopeSet::parse(grant.scopes ? *grant.scopes : by.scopes.texts());
  if (!scopes) return invalid("permissions: " + scopes.error().text);
  if (auto held = by.scopes.check_covers(*scopes); !held) return forbidden("permissions: " + held.error().text);
  const auto expires = expiry_for(by, grant);
  if (!expires) return expires.error();

  auth::Claims claims;
  claims.entity_id = grant.entity_id;
  claims.entity_type = grant.entity_type;
  claims.scopes = std::move(*scopes);
  claims.expires = *expires;
  claims.token_id = to_string(ids_.next());
  claims.derived_from = by.derived_from;
  if (!by.token_id.empty()) claims.derived_from.push_back(by.token_id);
  if (claims.derived_from.size() > auth::kAncestorsMax) {
    return forbidden("this token was derived from " + std::to_string(auth::kAncestorsMax) +
                     " others already; ask one of them");
  }
  return claims;
}

Result<WallTime> Authenticator::expiry_for(const Access& by, const Grant& grant) const {
  const auto lifetime = grant.lifetime.value_or(settings_.token_default);
  if (lifetime <= std::chrono::seconds(0) || lifetime > settings_.token_max) {
    return invalid("expires_in_hours: must be more than 0 and at most " + std::to_string(settings_.token_max.count()) +
                   " (gateway.auth.token_hours_max)");
  }
  // Whole seconds, as the token says it.
  const WallTime expires = std::chrono::floor<std::chrono::seconds>(clock_.wall()) + lifetime;
  if (!by.expires || expires <= *by.expires) return expires;
  if (!grant.lifetime) return WallTime(std::chrono::floor<std::chrono::seconds>(*by.expires));
  return forbidden("expires_in_hours: longer than the token by which it would be issued, which expires at " +
                   to_iso8601(*by.expires));
}

// ---- revoking

void Authenticator::revoke(const Access& by, std::string_view token, std::function<void(Result<bool>)> done) {
  if (by.anonymous) return done(Error{ErrorCode::kUnauthenticated, "a token is needed to revoke one"});
  if (auto checked = check(by); !checked) return done(checked.error());
  if (constant_time_equal(token, settings_.admin_token)) {
    return done(forbidden("the admin token is not revoked: remove its file and restart what read it"));
  }
  const auto claims = settings_.verifier.verify(token, clock_.wall());
  if (!claims) return done(claims.error());
  v1::Revocation revocation;
  revocation.set_token_id(claims->token_id);
  revocation.set_expires_us(to_unix_us(claims->expires));
  revocations_.revoke(revocation, [done = std::move(done)](const Result<v1::RevokeAnswer>& answer) {
    if (!answer) return done(answer.error());
    done(answer->known());
  });
}

}  // namespace cell0::gateway
