// Which tokens are taken: rejections first.
#include "common/auth/jwt.h"

#include <doctest/doctest.h>

#include "common/auth/base64url.h"
#include "tests/unit/common/auth/token_maker.h"

using namespace cell0;
using namespace cell0::auth;
using namespace cell0::auth::test;

namespace {

const std::string kSecret = "cell0_key_0123456789abcdef0123456789abcdef";
const std::string kHeader = R"({"alg":"HS256","typ":"JWT"})";
const WallTime kNow{std::chrono::seconds(1'770'000'000)};
const std::string kClaims = R"({"sub":"a1","exp":1770000100,"permissions":["publish:>"],"jti":"t1"})";

TokenVerifier verifier(std::vector<TokenKey> keys = {{Algorithm::kHs256, kSecret}}) {
  return TokenVerifier::create(std::move(keys)).value();
}

std::string with(std::string claim) { return R"({"sub":"a1","exp":1770000100,)" + std::move(claim) + "}"; }

void check_refused(const char* why, const Result<Claims>& result, ErrorCode code, std::string_view word) {
  REQUIRE_MESSAGE(!result.ok(), why);
  CHECK_MESSAGE(result.error().code == code, why << ": " << result.error().text);
  CHECK_MESSAGE(result.error().text.find(word) != std::string::npos, why << ": " << result.error().text);
  CHECK_MESSAGE(result.error().text.starts_with("token: "), why);
}

}  // namespace

TEST_CASE("what is no token is refused") {
  const std::string good = hs256(kHeader, kClaims, kSecret);
  const auto dot = good.rfind('.');
  const struct {
    const char* why;
    std::string token;
    const char* word;
  } rows[] = {
      {"empty", "", "three parts"},
      {"the prefix alone", "cell0_", "three parts"},
      {"the prefix twice", "cell0_cell0_" + good, "header"},
      {"one part", "abc", "three parts"},
      {"two parts", good.substr(0, dot), "three parts"},
      {"four parts", good + ".", "three parts"},
      {"no header", good.substr(good.find('.')), "header"},
      {"a space before", " " + good, "base64url"},
      {"a line end behind", good + "\n", "base64url"},
      {"a NUL behind", good + std::string(1, '\0'), "base64url"},
      {"padding", good + "=", "base64url"},
      {"base64's own alphabet", hs256(kHeader, kClaims, kSecret).replace(3, 1, "+"), "base64url"},
      {"bits that are not used", good.substr(0, good.size() - 1) + static_cast<char>(good.back() + 1), "base64url"},
      {"header: no JSON", hs256("nonsense", kClaims, kSecret), "not a JSON object"},
      {"header: a list", hs256("[]", kClaims, kSecret), "not a JSON object"},
      {"header: alg twice", hs256(R"({"alg":"none","alg":"HS256"})", kClaims, kSecret), "twice"},
      {"header: deep",
       hs256(R"({"alg":"HS256","x":)" + std::string(50, '[') + std::string(50, ']') + "}", kClaims, kSecret),
       "not a JSON object"},
      {"header: kid is a number", hs256(R"({"alg":"HS256","kid":1})", kClaims, kSecret), "kid"},
  };
  for (const auto& row : rows)
    check_refused(row.why, verifier().verify(row.token, kNow), ErrorCode::kInvalid, row.word);
  check_refused("oversize", verifier().verify(std::string(kTokenBytesMax + 1, 'a'), kNow), ErrorCode::kTooLarge,
                "8193");
}

TEST_CASE("what no key of ours signed is refused") {
  const std::string good = hs256(kHeader, kClaims, kSecret);
  const std::string unsigned_part = good.substr(0, good.rfind('.') + 1);
  std::string other_claims = good;
  other_claims.replace(good.find('.') + 1, encode(kClaims).size(), encode(with(R"("permissions":["*"])")));
  const struct {
    const char* why;
    std::string token;
    const char* word;
  } rows[] = {
      {"alg none, without a signature", encode(R"({"alg":"none"})") + "." + encode(kClaims) + ".", "\"none\""},
      {"alg none, with one", hs256(R"({"alg":"none"})", kClaims, kSecret), "\"none\""},
      {"alg None", hs256(R"({"alg":"None"})", kClaims, kSecret), "\"None\""},
      {"alg of another case", hs256(R"({"alg":"hs256"})", kClaims, kSecret), "\"hs256\""},
      {"no alg", hs256(R"({"typ":"JWT"})", kClaims, kSecret), "alg"},
      {"alg is a number", hs256(R"({"alg":256})", kClaims, kSecret), "alg"},
      {"an algorithm that is not taken", hs256(R"({"alg":"HS512"})", kClaims, kSecret), "HS512"},
      {"an algorithm without a key", hs256(R"({"alg":"RS256"})", kClaims, kSecret), "no key"},
      {"crit", hs256(R"({"alg":"HS256","crit":["exp"]})", kClaims, kSecret), "crit"},
      {"no signature", unsigned_part, "signature"},
      {"another key", hs256(kHeader, kClaims, kSecret + "x"), "signature"},
      {"an empty key", hs256(kHeader, kClaims, ""), "signature"},
      {"a short signature", unsigned_part + good.substr(good.rfind('.') + 1, 40), "signature"},
      {"a longer signature", good + "AAAA", "signature"},
      {"other claims", other_claims, "signature"},
      {"a NUL in a claim", hs256(kHeader, R"({"sub":"a\u0000","exp":1770000100})", kSecret), "signature"},
  };
  for (const auto& row : rows) {
    check_refused(row.why, verifier().verify(row.token, kNow), ErrorCode::kUnauthenticated, row.word);
  }
  check_refused("no key at all", TokenVerifier().verify(good, kNow), ErrorCode::kUnauthenticated, "no key");
}

TEST_CASE("claims that are missing or of another type are refused") {
  const struct {
    std::string claims;
    const char* word;
  } rows[] = {
      {"{}", "sub"},
      {R"({"exp":1770000100})", "sub"},
      {R"({"sub":1,"exp":1770000100})", "sub"},
      {R"({"sub":null,"exp":1770000100})", "sub"},
      {R"({"sub":"","exp":1770000100})", "sub"},
      {R"({"sub":"a\u0001","exp":1770000100})", "sub"},
      {"[]", "not a JSON object"},
      {R"({"sub":")" + std::string(256, 'a') + R"(","exp":1770000100})", "sub"},
      {R"({"sub":"a1"})", "exp: missing"},
      {R"({"sub":"a1","exp":"1770000100"})", "exp"},
      {R"({"sub":"a1","exp":null})", "exp"},
      {R"({"sub":"a1","exp":true})", "exp"},
      {R"({"sub":"a1","exp":-1})", "exp"},
      {R"({"sub":"a1","exp":1e300})", "exp"},
      {R"({"sub":"a1","exp":253402300800})", "exp"},
      {R"({"sub":"a1","exp":1,"exp":1770000100})", "twice"},
      {with(R"("nbf":"soon")"), "nbf"},
      {with(R"("jti":7)"), "jti"},
      {with(R"("jti":"")"), "jti"},
      {with(R"("jti":"a b")"), "jti"},
      {with(R"("jti":")" + std::string(129, 'a') + "\""), "jti"},
      {with(R"("entity_type":"god")"), "entity_type"},
      {with(R"("entity_type":["agent"])"), "entity_type"},
      {with(R"("permissions":"*")"), "permissions"},
      {with(R"("permissions":{"*":true})"), "permissions"},
      {with(R"("permissions":[1])"), "permissions"},
      {with(R"("permissions":["everything"])"), "everything"},
      {with(R"("permissions":["*",null])"), "permissions"},
      {with(R"("derived_from":"t1")"), "derived_from"},
      {with(R"("derived_from":[""])"), "derived_from"},
      {with(R"("derived_from":["1","2","3","4","5","6","7","8","9"])"), "derived_from"},
  };
  for (const auto& row : rows) {
    check_refused(row.claims.c_str(), verifier().verify(hs256(kHeader, row.claims, kSecret), kNow), ErrorCode::kInvalid,
                  row.word);
  }
  std::string many;
  for (std::size_t i = 0; i <= ScopeSet::kScopesMax; ++i) many += R"("admin",)";
  many.pop_back();
  check_refused("too many scopes",
                verifier().verify(hs256(kHeader, with("\"permissions\":[" + many + "]"), kSecret), kNow),
                ErrorCode::kInvalid, "65");
}

TEST_CASE("a token is good from its nbf, with some leeway, and until its exp, without any") {
  const auto at = [](std::string_view claims, Duration later) {
    return verifier().verify(hs256(kHeader, claims, kSecret),
                             kNow + std::chrono::duration_cast<std::chrono::microseconds>(later));
  };
  using std::chrono::milliseconds, std::chrono::seconds;
  CHECK(at(kClaims, milliseconds(99'999)).ok());
  check_refused("at its exp", at(kClaims, seconds(100)), ErrorCode::kUnauthenticated, "expired at 2026");
  check_refused("after it", at(kClaims, seconds(100'000)), ErrorCode::kUnauthenticated, "expired");
  check_refused("exp 0", at(R"({"sub":"a1","exp":0})", {}), ErrorCode::kUnauthenticated, "expired");
  const std::string later = with(R"("nbf":1770000010)");
  check_refused("long before its nbf", at(later, milliseconds(4'999)), ErrorCode::kUnauthenticated, "not valid before");
  CHECK(at(later, seconds(5)).ok());
  CHECK(at(R"({"sub":"a1","exp":1770000000.5})", milliseconds(499)).ok());
  CHECK_FALSE(at(R"({"sub":"a1","exp":1770000000.5})", milliseconds(500)).ok());
}

TEST_CASE("a good token says who, what and until when") {
  const std::string token =
      hs256(kHeader,
            R"({"sub":"käthe","exp":1770000100,"nbf":1,"iat":9e9,"iss":"x","jti":"t1",)"
            R"("entity_type":"user","permissions":["publish:a.*","admin"],"derived_from":["t0"]})",
            kSecret);
  for (const std::string& text : {token, "cell0_" + token}) {
    const auto claims = verifier().verify(text, kNow);
    REQUIRE(claims.ok());
    CHECK(claims->entity_id == "käthe");
    CHECK(claims->entity_type == "user");
    CHECK(claims->scopes.texts() == std::vector<std::string>{"publish:a.*", "admin"});
    CHECK(claims->expires == kNow + std::chrono::seconds(100));
    CHECK(claims->token_id == "t1");
    CHECK(claims->derived_from == std::vector<std::string>{"t0"});
  }
  const auto least = verifier().verify(hs256(kHeader, R"({"sub":"a1","exp":1770000100})", kSecret), kNow);
  REQUIRE(least.ok());
  CHECK(least->entity_type == "agent");
  CHECK(least->scopes.empty());
}

TEST_CASE("without jti the id is a digest of what is signed, not of the signature") {
  const auto id = [](std::string_view claims) {
    return verifier().verify(hs256(kHeader, claims, kSecret), kNow).value().token_id;
  };
  CHECK(id(R"({"sub":"a1","exp":1770000100})").size() == 43);
  CHECK(id(R"({"sub":"a1","exp":1770000100})") == id(R"({"sub":"a1","exp":1770000100})"));
  CHECK(id(R"({"sub":"a1","exp":1770000100})") != id(R"({"sub":"a1","exp":1770000101})"));
  // ES256 signs differently each time: the same token for whoever revokes it.
  const KeyPair pair = make_ec("P-256");
  Claims claims;
  claims.entity_id = "a1";
  claims.expires = kNow + std::chrono::seconds(9);
  const auto keys = verifier({{Algorithm::kEs256, pair.public_pem}});
  const std::string one = sign_token({Algorithm::kEs256, pair.private_pem}, claims, kNow).value();
  const std::string other = sign_token({Algorithm::kEs256, pair.private_pem}, claims, kNow).value();
  CHECK(one != other);
  CHECK(keys.verify(one, kNow).value().token_id == keys.verify(other, kNow).value().token_id);
}

TEST_CASE("a key is for its algorithm and its kid only") {
  const KeyPair rsa = make_rsa(2048);
  const KeyPair ec = make_ec("P-256");
  Claims claims;
  claims.entity_id = "a1";
  claims.expires = kNow + std::chrono::seconds(9);
  const auto keys = verifier(
      {{Algorithm::kHs256, kSecret, "one"}, {Algorithm::kRs256, rsa.public_pem}, {Algorithm::kEs256, ec.public_pem}});
  const auto taken = [&](const TokenKey& key) { return keys.verify(sign_token(key, claims, kNow).value(), kNow); };
  CHECK(taken({Algorithm::kHs256, kSecret, "one"}).ok());
  check_refused("no kid", taken({Algorithm::kHs256, kSecret}), ErrorCode::kUnauthenticated, "no key");
  check_refused("another kid", taken({Algorithm::kHs256, kSecret, "two"}), ErrorCode::kUnauthenticated, "no key");
  CHECK(taken({Algorithm::kRs256, rsa.private_pem, "any"}).ok());
  CHECK(taken({Algorithm::kEs256, ec.private_pem}).ok());
  check_refused("another RSA key", taken({Algorithm::kRs256, make_rsa(2048).private_pem}), ErrorCode::kUnauthenticated,
                "signature");
  check_refused("another curve point", taken({Algorithm::kEs256, make_ec("P-256").private_pem}),
                ErrorCode::kUnauthenticated, "signature");
  // The public key as if it were a secret: what a verifier that trusts the token's alg falls for.
  const auto confused = verifier({{Algorithm::kRs256, rsa.public_pem}});
  check_refused("HS256 with a public key", confused.verify(hs256(kHeader, kClaims, rsa.public_pem), kNow),
                ErrorCode::kUnauthenticated, "no key");
}

TEST_CASE("what is signed here is verified here") {
  Claims claims;
  claims.entity_id = "käthe \"x\"";
  claims.entity_type = "system";
  claims.scopes = ScopeSet::parse(std::vector<std::string>{"publish:channels.>", "presence:write"}).value();
  claims.expires = kNow + std::chrono::hours(1);
  claims.not_before = kNow;
  claims.token_id = "id-1";
  claims.derived_from = {"a", "b"};
  const auto token = sign_token({Algorithm::kHs256, kSecret}, claims, kNow);
  REQUIRE(token.ok());
  CHECK(token->starts_with("cell0_"));
  const auto read = verifier().verify(*token, kNow);
  REQUIRE(read.ok());
  CHECK(read->entity_id == claims.entity_id);
  CHECK(read->entity_type == claims.entity_type);
  CHECK(read->scopes.texts() == claims.scopes.texts());
  CHECK(read->expires == claims.expires);
  CHECK(read->not_before == claims.not_before);
  CHECK(read->token_id == claims.token_id);
  CHECK(read->derived_from == claims.derived_from);
}

TEST_CASE("a token that was changed anywhere, in any way, is refused") {
  const std::string good = hs256(kHeader, kClaims, kSecret);
  REQUIRE(verifier().verify(good, kNow).ok());
  const auto keys = verifier();
  SeededRandom random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = good;
    const auto changes = 1 + random.u64() % 3;
    for (std::uint64_t n = 0; n < changes && !damaged.empty(); ++n) {
      const std::size_t at = random.u64() % damaged.size();
      const auto byte =
          static_cast<char>(random.u64() % 2 != 0 ? random.u64() : damaged[random.u64() % damaged.size()]);
      switch (random.u64() % 4) {
        case 0:
          damaged[at] = byte;
          break;
        case 1:
          damaged.insert(at, 1, byte);
          break;
        case 2:
          damaged.erase(at, 1 + random.u64() % 8);
          break;
        default:
          damaged.resize(at);
      }
    }
    if (damaged != good) CHECK_FALSE(keys.verify(damaged, kNow).ok());
  }
}

TEST_CASE("more keys than can be tried are refused") {
  CHECK_FALSE(TokenVerifier::create(std::vector<TokenKey>(TokenVerifier::kKeysMax + 1)).ok());
}

TEST_CASE("base64url has one form for each text of bytes") {
  CHECK(base64url_decode("") == "");
  CHECK(base64url_decode("_-8") == "\xff\xef");
  CHECK(base64url_decode("AAAA") == std::string(3, '\0'));
  for (const char* wrong : {"A", "AAAAA", "AB", "AAB", "AA==", "A A", "+AAA", "/AAA", "AA\n"}) {
    CHECK_MESSAGE(!base64url_decode(wrong), wrong);
  }
}
