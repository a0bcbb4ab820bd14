#include "gateway/http/login.h"

#include "common/json.h"
#include "gateway/auth/admission.h"
#include "gateway/http/answers.h"

namespace cell0::gateway {
namespace {

std::string me_json(const Access& access, std::optional<WallTime> expires) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.member("authenticated", !access.anonymous);
  out.member("entity_id", access.entity_id);
  out.member("entity_type", access.entity_type);
  out.key("scopes");
  out.begin_array();
  for (const std::string& scope : access.scopes.texts()) out.string(scope);
  out.end_array();
  out.key("expires");
  if (expires)
    out.string(to_iso8601(*expires));
  else
    out.null();
  out.end_object();
  return body;
}

// Not `Secure`: these listeners speak plain HTTP, over which a browser keeps no Secure cookie. Whoever puts TLS in
// front of them adds it there.
std::pair<std::string, std::string> set_cookie(const std::string& token, std::int64_t seconds) {
  return {"set-cookie", std::string(kTokenCookie) + "=" + token + "; Path=/; Max-Age=" + std::to_string(seconds) +
                            "; HttpOnly; SameSite=Strict"};
}

HttpResponse never_cached(HttpResponse response) {
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

Result<std::string> token_in(const HttpRequest& request) {
  const auto body = parse_json(request.body);
  const auto token = body && body->IsObject() ? json_string(*body, "token") : std::nullopt;
  if (!token) return Error{ErrorCode::kInvalid, R"(body: not {"token": "..."})"};
  return std::string(*token);
}

bool is_json(std::string_view content_type) {
  return content_type.substr(0, content_type.find(';')) == "application/json";
}

}  // namespace

void LoginRoutes::login(Connection& connection, const HttpRequest& request) {
  if (!is_json(request.header("content-type"))) {
    return connection.respond(
        {415, "application/json", error_json({ErrorCode::kInvalid, "content-type: must be application/json"}), {}});
  }
  const auto token = token_in(request);
  if (!token) return connection.respond(error_response(token.error()));
  const auto access = admit(core_.auth, core_.throttle, *token, connection.peer_address(), core_.clock.mono());
  if (!access) return connection.respond(token_error_response(access.error()));
  const auto issued = core_.auth.issue(**access, {(*access)->entity_id, (*access)->entity_type, {}, {}});
  if (!issued) return connection.respond(error_response(issued.error()));
  if (issued->token.size() > kCookieTokenBytesMax) {
    return connection.respond(
        error_response({ErrorCode::kTooLarge, "token: has too many scopes for a cookie; log in with one of fewer"}));
  }
  const auto left = std::chrono::duration_cast<std::chrono::seconds>(issued->expires - core_.clock.wall());
  HttpResponse response = never_cached(json_response(me_json(**access, issued->expires)));
  response.headers.push_back(set_cookie(issued->token, left.count()));
  connection.respond(std::move(response));
}

void LoginRoutes::logout(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  HttpResponse response = never_cached({204, "application/json", "", {}});
  response.headers.push_back(set_cookie("", 0));
  const auto shown = shown_token(request, true);
  if (access->anonymous || !shown || !*shown || !(*shown)->cookie) return connection.respond(std::move(response));
  core_.auth.revoke(*access, (*shown)->token,
                    [ref = ConnectionRef(connection), response](const Result<bool>&) { ref->respond(response); });
}

void LoginRoutes::me(Connection& connection, const AccessPtr& access) {
  connection.respond(never_cached(json_response(me_json(*access, access->expires))));
}

}  // namespace cell0::gateway
