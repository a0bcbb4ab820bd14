#include "common/auth/jwt.h"

#include <jwt.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>

#include "common/auth/base64url.h"
#include "common/json.h"
#include "common/random.h"
#include "common/utf8.h"

namespace cell0::auth {
namespace {

constexpr std::array<std::string_view, 5> kEntityTypes{"agent", "user", "session", "channel", "system"};
constexpr double kLastSecond = 253402300799;  // of the year 9999
constexpr JsonLimits kJson{8};

struct FreeJwt {
  void operator()(jwt_t* jwt) const { jwt_free(jwt); }
};
using Jwt = std::unique_ptr<jwt_t, FreeJwt>;

struct Parts {
  std::string_view header, claims, signature;
  std::string_view signed_input;  // header.claims
};

Error malformed(std::string_view why) { return {ErrorCode::kInvalid, "token: " + std::string(why)}; }
Error refused(std::string_view why) { return {ErrorCode::kUnauthenticated, "token: " + std::string(why)}; }

jwt_alg_t libjwt_algorithm(Algorithm algorithm) {
  constexpr std::array kNames{JWT_ALG_HS256, JWT_ALG_RS256, JWT_ALG_ES256};
  return kNames[static_cast<std::size_t>(algorithm)];
}

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Result<Parts> split(std::string_view token) {
  Parts parts;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return malformed("not of three parts, header.claims.signature");
  }
  parts.header = token.substr(0, first);
  parts.claims = token.substr(first + 1, second - first - 1);
  parts.signature = token.substr(second + 1);
  parts.signed_input = token.substr(0, second);
  return parts;
}

// A part as a JSON object, each of whose members is there once: two readers of a twice given one might differ.
Result<rapidjson::Document> read_object(std::string_view part, std::string_view name) {
  const auto text = base64url_decode(part);
  if (!text) return malformed(std::string(name) + ": not canonical base64url");
  auto object = parse_json(*text, kJson);
  if (!object || !object->IsObject()) return malformed(std::string(name) + ": not a JSON object");
  std::vector<std::string_view> names;
  for (const auto& member : std::as_const(*object).GetObject()) names.push_back(json_text(member.name));
  std::sort(names.begin(), names.end());
  if (std::adjacent_find(names.begin(), names.end()) != names.end()) {
    return malformed(std::string(name) + ": a member is there twice");
  }
  return object;
}

// ---- the signature

struct Header {
  Algorithm algorithm;
  std::optional<std::string> kid;
};

Result<Header> read_header(std::string_view part) {
  const auto object = read_object(part, "header");
  if (!object) return object.error();
  if (object->HasMember("crit")) return refused("header: crit names what is not understood here");
  const auto name = json_string(*object, "alg");
  const auto algorithm = algorithm_named(name.value_or(""));
  if (!algorithm) {
    return refused("alg: \"" + printable(name.value_or("")) + "\" is not taken; HS256, RS256 and ES256 are");
  }
  if (object->HasMember("kid") && !json_string(*object, "kid")) return malformed("kid: not a string");
  const auto kid = json_string(*object, "kid");
  return Header{*algorithm, kid ? std::optional<std::string>(*kid) : std::nullopt};
}

bool signed_by(const TokenKey& key, const std::string& token) {
  jwt_t* made = nullptr;
  const int error = jwt_decode(&made, token.c_str(), bytes_of(key.material), static_cast<int>(key.material.size()));
  const Jwt jwt(made);
  return error == 0 && jwt != nullptr && jwt_get_alg(jwt.get()) == libjwt_algorithm(key.algorithm);
}

Result<void> check_signature(const std::vector<TokenKey>& keys, const Header& header, std::string_view token) {
  const std::string text(token);
  bool tried = false;
  for (const TokenKey& key : keys) {
    if (key.algorithm != header.algorithm || (!key.kid.empty() && key.kid != header.kid)) continue;
    tried = true;
    if (signed_by(key, text)) return {};
  }
  return refused(tried ? "its signature is not valid here"
                       : "there is no key for " + std::string(to_string(header.algorithm)) + " and its kid here");
}

std::string digest_of(std::string_view text) {
  std::array<std::uint8_t, 32> digest{};
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  CELL0_CHECK(done == 1 && size == digest.size());
  return base64url(digest);
}

// ---- the claims

// Seconds since 1970, whole or not (RFC 7519 section 2, NumericDate).
Result<std::optional<WallTime>> read_time(const rapidjson::Document& claims, std::string_view name) {
  if (json_member(claims, name) == nullptr) return std::optional<WallTime>();
  const auto seconds = json_number(claims, name);
  if (!seconds || !(*seconds >= 0 && *seconds <= kLastSecond)) {
    return malformed(std::string(name) + ": not seconds since 1970");
  }
  return std::optional(from_unix_us(static_cast<std::int64_t>(std::floor(*seconds * 1e6))));
}

bool is_token_id(std::string_view text) {
  return !text.empty() && text.size() <= kTokenIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

// The list's texts, or nullopt if it is something else. Not there: none.
std::optional<std::vector<std::string>> read_texts(const rapidjson::Document& claims, std::string_view name) {
  std::vector<std::string> texts;
  const rapidjson::Value* list = json_member(claims, name);
  if (list == nullptr) return texts;
  if (!list->IsArray()) return std::nullopt;
  for (const auto& item : list->GetArray()) {
    if (!item.IsString()) return std::nullopt;
    texts.emplace_back(json_text(item));
  }
  return texts;
}

Result<void> read_times(const rapidjson::Document& object, Claims& claims) {
  const auto expires = read_time(object, "exp");
  if (!expires) return expires.error();
  if (!*expires) return malformed("exp: missing; a token says when it ends");
  const auto not_before = read_time(object, "nbf");
  if (!not_before) return not_before.error();
  claims.expires = **expires;
  claims.not_before = *not_before;
  return {};
}

Result<void> read_identity(const rapidjson::Document& object, std::string_view signed_input, Claims& claims) {
  const auto subject = json_string(object, "sub");
  if (!subject) return malformed("sub: missing, or not a string");
  if (!is_entity_id(*subject)) return malformed("sub: not 1-255 bytes without control characters");
  claims.entity_id = *subject;
  if (json_member(object, "entity_type") != nullptr) {
    const auto type = json_string(object, "entity_type");
    if (!type || !is_entity_type(*type)) {
      return malformed("entity_type: not agent, user, session, channel or system");
    }
    claims.entity_type = *type;
  }
  if (json_member(object, "jti") == nullptr) {
    claims.token_id = digest_of(signed_input);
    return {};
  }
  const auto id = json_string(object, "jti");
  if (!id || !is_token_id(*id)) return malformed("jti: not 1-128 characters without spaces");
  claims.token_id = *id;
  return {};
}

Result<void> read_scopes(const rapidjson::Document& object, Claims& claims) {
  const auto permissions = read_texts(object, "permissions");
  if (!permissions) return malformed("permissions: not a list of scopes");
  auto scopes = ScopeSet::parse(*permissions);
  if (!scopes) return malformed("permissions: " + scopes.error().text);
  claims.scopes = std::move(*scopes);
  auto ancestors = read_texts(object, "derived_from");
  if (!ancestors || ancestors->size() > kAncestorsMax ||
      !std::all_of(ancestors->begin(), ancestors->end(), is_token_id)) {
    return malformed("derived_from: not a list of at most " + std::to_string(kAncestorsMax) + " token ids");
  }
  claims.derived_from = std::move(*ancestors);
  return {};
}

Result<Claims> read_claims(const Parts& parts) {
  const auto object = read_object(parts.claims, "claims");
  if (!object) return object.error();
  Claims claims;
  if (auto read = read_identity(*object, parts.signed_input, claims); !read) return read.error();
  if (auto read = read_times(*object, claims); !read) return read.error();
  if (auto read = read_scopes(*object, claims); !read) return read.error();
  return claims;
}

Result<void> check_times(const Claims& claims, WallTime now) {
  if (claims.expires <= now) return refused("expired at " + to_iso8601(claims.expires));
  if (claims.not_before && *claims.not_before > now + kLeeway) {
    return refused("not valid before " + to_iso8601(*claims.not_before));
  }
  return {};
}

std::string claims_json(const Claims& claims, WallTime issued) {
  const auto seconds = [](WallTime time) { return to_unix_us(time) / 1'000'000; };
  const auto texts = [](JsonWriter& out, std::string_view name, std::span<const std::string> list) {
    out.key(name);
    out.begin_array();
    for (const std::string& text : list) out.string(text);
    out.end_array();
  };
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.member("sub", claims.entity_id);
  out.member("entity_type", claims.entity_type);
  out.member("iat", seconds(issued));
  out.member("exp", seconds(claims.expires));
  if (claims.not_before) out.member("nbf", seconds(*claims.not_before));
  if (!claims.token_id.empty()) out.member("jti", claims.token_id);
  texts(out, "permissions", claims.scopes.texts());
  if (!claims.derived_from.empty()) texts(out, "derived_from", claims.derived_from);
  out.end_object();
  return json;
}

}  // namespace

bool is_entity_type(std::string_view text) {
  return std::find(kEntityTypes.begin(), kEntityTypes.end(), text) != kEntityTypes.end();
}

bool is_entity_id(std::string_view text) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  return !text.empty() && text.size() <= kEntityBytesMax && is_utf8(text) &&
         std::none_of(text.begin(), text.end(), control);
}

Result<TokenVerifier> TokenVerifier::create(std::vector<TokenKey> keys) {
  if (keys.size() > kKeysMax) {
    return Error{ErrorCode::kTooLarge,
                 std::to_string(keys.size()) + " keys; at most " + std::to_string(kKeysMax) + " are taken"};
  }
  TokenVerifier verifier;
  verifier.keys_ = std::move(keys);
  return verifier;
}

Result<Claims> TokenVerifier::verify(std::string_view token, WallTime now) const {
  if (token.size() > kTokenBytesMax) {
    return Error{ErrorCode::kTooLarge, "token: " + std::to_string(token.size()) + " bytes; at most " +
                                           std::to_string(kTokenBytesMax) + " are taken"};
  }
  if (token.starts_with(kTokenPrefix)) token.remove_prefix(kTokenPrefix.size());
  const auto parts = split(token);
  if (!parts) return parts.error();
  const auto header = read_header(parts->header);
  if (!header) return header.error();
  // libjwt decodes leniently; what it is given has one reading only.
  if (!base64url_decode(parts->claims) || !base64url_decode(parts->signature)) {
    return malformed("not canonical base64url");
  }
  if (auto checked = check_signature(keys_, *header, token); !checked) return checked.error();
  auto claims = read_claims(*parts);
  if (!claims) return claims.error();
  if (auto checked = check_times(*claims, now); !checked) return checked.error();
  return claims;
}

Result<std::string> sign_token(const TokenKey& key, const Claims& claims, WallTime issued) {
  const Error cannot{ErrorCode::kInternal, "the signing key cannot sign"};
  jwt_t* made = nullptr;
  if (jwt_new(&made) != 0) return cannot;
  const Jwt jwt(made);
  if (jwt_add_grants_json(jwt.get(), claims_json(claims, issued).c_str()) != 0) return cannot;
  if (!key.kid.empty() && jwt_add_header(jwt.get(), "kid", key.kid.c_str()) != 0) return cannot;
  if (jwt_set_alg(jwt.get(), libjwt_algorithm(key.algorithm), bytes_of(key.material),
                  static_cast<int>(key.material.size())) != 0) {
    return cannot;
  }
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(jwt.get()), &std::free);
  if (text == nullptr) return cannot;
  return std::string(kTokenPrefix) + text.get();
}

}  // namespace cell0::auth
