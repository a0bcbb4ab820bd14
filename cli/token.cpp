// `cell0 token`: issues tokens with this machine's signing key, says what is in one, and revokes one everywhere.
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/auth/configured_keys.h"
#include "common/json.h"
#include "common/uuid.h"

namespace cell0::cli {
namespace {

int fail(const Error& error) {
  complain(error.text);
  switch (error.code) {
    case ErrorCode::kInvalid:
    case ErrorCode::kTooLarge:
      return kExitUsage;
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
      return kExitUnavailable;
    default:
      return kExitFailed;
  }
}

Result<auth::TokenKey> signing_key(const Config& config) {
  const std::string path = auth::signing_key_file(config.gateway.auth, config.state.dir);
  auto key = auth::read_signing_key(path);
  if (!key && key.error().code == ErrorCode::kNotFound) {
    return Error{ErrorCode::kNotFound, path +
                                           ": no signing key there; a gateway makes it at its first start "
                                           "(state.dir, or gateway.auth.signing_key_file, says where)"};
  }
  return key;
}

// The claims of a token that would be taken now, but for revocation. "-": from standard input, where no list of
// processes shows it.
Result<auth::Claims> claims_of(const std::string& argument, const Config& config) {
  std::string token = argument;
  if (argument == "-" && !std::getline(std::cin, token)) {
    return Error{ErrorCode::kInvalid, "token: nothing on standard input"};
  }
  const auto key = signing_key(config);
  if (!key) return key.error();
  const auto verifier = auth::configured_verifier(config.gateway.auth, *key);
  if (!verifier) return verifier.error();
  auto claims = verifier->verify(token, SystemClock().wall());
  if (!claims) return Error{ErrorCode::kUnauthenticated, claims.error().text};
  return claims;
}

// ---- issue

Result<auth::Claims> claims_for(const TokenOptions& options, const GatewayAuthConfig& config) {
  if (!auth::is_entity_id(options.entity)) {
    return Error{ErrorCode::kInvalid, "--entity: not 1-255 bytes without control characters"};
  }
  if (!auth::is_entity_type(options.entity_type)) {
    return Error{ErrorCode::kInvalid,
                 "--type: \"" + options.entity_type + "\" is not agent, user, session, channel or system"};
  }
  auto scopes = auth::ScopeSet::parse(options.scopes);
  if (!scopes) return Error{ErrorCode::kInvalid, "--scope: " + scopes.error().text};
  const auto hours = options.hours == 0 ? config.token_hours : std::chrono::hours(options.hours);
  if (hours > config.token_hours_max) {
    return Error{ErrorCode::kInvalid, "--hours: " + std::to_string(hours.count()) + " is more than " +
                                          std::to_string(config.token_hours_max.count()) +
                                          " (gateway.auth.token_hours_max)"};
  }
  SystemClock clock;
  SystemRandom random;
  auth::Claims claims;
  claims.entity_id = options.entity;
  claims.entity_type = options.entity_type;
  claims.scopes = std::move(*scopes);
  claims.expires = std::chrono::floor<std::chrono::seconds>(clock.wall()) + hours;
  claims.token_id = to_string(UuidGenerator(clock, random).next());
  return claims;
}

int issue(const TokenOptions& options, const Config& config) {
  const auto claims = claims_for(options, config.gateway.auth);
  if (!claims) return fail(claims.error());
  const auto key = signing_key(config);
  if (!key) return fail(key.error());
  const auto token = auth::sign_token(*key, *claims, SystemClock().wall());
  if (!token) return fail(token.error());
  if (token->size() > auth::kTokenBytesMax) {
    return fail({ErrorCode::kTooLarge, "--scope: the token would have " + std::to_string(token->size()) +
                                           " bytes; at most " + std::to_string(auth::kTokenBytesMax) + " are taken"});
  }
  std::printf("%s\n", token->c_str());
  return kExitOk;
}

// ---- check

Result<std::unique_ptr<BrokerSession>> connect(const Arguments& arguments, const Config& config) {
  auto session = BrokerSession::create(config.link.control);
  if (!session) return session.error();
  if (auto connected = (*session)->connect(arguments.timeout); !connected) return connected.error();
  return session;
}

// Whether it is, or one that it was derived from.
Result<bool> is_revoked(BrokerSession& session, const auth::Claims& claims, std::chrono::milliseconds timeout) {
  std::vector<std::string> ids = claims.derived_from;
  ids.push_back(claims.token_id);
  for (std::string after;;) {
    v1::Request request;
    request.mutable_revocations()->set_after(after);
    const auto answer = session.ask(std::move(request), timeout);
    if (!answer) return answer.error();
    const v1::RevocationsAnswer& page = answer->revocations();
    for (const v1::Revocation& revocation : page.revocations()) {
      if (std::find(ids.begin(), ids.end(), revocation.token_id()) != ids.end()) return true;
    }
    if (!page.more() || page.revocations().empty()) return false;
    after = page.revocations().rbegin()->token_id();
  }
}

void print_claims(const auth::Claims& claims) {
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.member("entity_id", claims.entity_id);
  out.member("entity_type", claims.entity_type);
  out.key("scopes");
  out.begin_array();
  for (const std::string& scope : claims.scopes.texts()) out.string(scope);
  out.end_array();
  out.member("expires", to_iso8601(claims.expires));
  out.member("token_id", claims.token_id);
  out.end_object();
  std::printf("%s\n", json.c_str());
}

int check(const Arguments& arguments, const Config& config) {
  const auto claims = claims_of(arguments.token.token, config);
  if (!claims) return fail(claims.error());
  if (!arguments.token.offline) {
    auto session = connect(arguments, config);
    if (!session) return fail(session.error());
    const auto revoked = is_revoked(**session, *claims, arguments.timeout);
    if (!revoked) return fail(revoked.error());
    if (*revoked) return fail({ErrorCode::kUnauthenticated, "token: it was revoked"});
  }
  print_claims(*claims);
  return kExitOk;
}

// ---- revoke

int revoke(const Arguments& arguments, const Config& config) {
  const auto claims = claims_of(arguments.token.token, config);
  if (!claims) return fail(claims.error());
  auto session = connect(arguments, config);
  if (!session) return fail(session.error());
  v1::Request request;
  v1::Revocation& revocation = *request.mutable_revoke()->mutable_revocation();
  revocation.set_token_id(claims->token_id);
  revocation.set_expires_us(to_unix_us(claims->expires));
  const auto answer = (*session)->ask(std::move(request), arguments.timeout);
  if (!answer) return fail(answer.error());
  std::printf("%s%s\n", claims->token_id.c_str(), answer->revoke().known() ? " (it was revoked before)" : "");
  return kExitOk;
}

}  // namespace

int run_token(const Arguments& arguments, const Config& config) {
  switch (arguments.token.what) {
    case TokenOptions::What::kIssue:
      return issue(arguments.token, config);
    case TokenOptions::What::kCheck:
      return check(arguments, config);
    case TokenOptions::What::kRevoke:
      return revoke(arguments, config);
  }
  return kExitUsage;
}

}  // namespace cell0::cli
