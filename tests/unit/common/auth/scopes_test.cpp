// The vocabulary of scopes: what is none, what each admits, and which one covers which.
#include "common/auth/scopes.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::auth;

namespace {

Scope scope_of(std::string_view text) {
  auto scope = Scope::parse(text);
  REQUIRE_MESSAGE(scope.ok(), text);
  return *scope;
}

}  // namespace

TEST_CASE("what is no scope is refused") {
  const char* const rows[] = {"",
                              "x",
                              "**",
                              "* ",
                              " *",
                              "admin:",
                              "admin:x",
                              "Admin",
                              "presence",
                              "presence:",
                              "presence:delete",
                              "agent",
                              "agent:send:a",
                              "daemons",
                              "daemons:*",
                              "sessions",
                              "sessions:run",
                              "sessions:run:",
                              "sessions:run:a b",
                              "sessions:run:**",
                              "subscribe",
                              "subscribe:",
                              "subscribe:a..b",
                              "publish:ev*nts",
                              "publish:>.x",
                              "history:a.>.b",
                              "Subscribe:>",
                              "subscribe:ev\x01nts",
                              "read:>"};
  for (const char* text : rows) {
    const auto scope = Scope::parse(text);
    REQUIRE_MESSAGE(!scope.ok(), text);
    CHECK_MESSAGE(scope.error().code == ErrorCode::kInvalid, text);
    CHECK_MESSAGE(scope.error().text.find("scope: ") == 0, text);
  }
  CHECK_FALSE(Scope::parse("sessions:run:" + std::string(65, 'a')).ok());
  CHECK_FALSE(Scope::parse("publish:" + std::string(256, 'a')).ok());
}

TEST_CASE("a scope admits its verb on its subjects, and nothing else") {
  const struct {
    const char* scope;
    const char* verb;
    const char* subject;
    bool admitted;
  } rows[] = {
      {"subscribe:events.*", "subscribe", "events.note", true},
      {"subscribe:events.*", "subscribe", "events.note.more", false},
      {"subscribe:events.*", "subscribe", "presence", false},
      {"subscribe:events.*", "history", "events.note", false},
      {"subscribe:events.*", "sub", "events.note", false},
      {"publish:>", "publish", "channels.general", true},
      {"publish:>", "publish", "", false},
      {"publish:>", "publish", "a..b", false},
      {"publish:>", "admin", "", false},
      {"presence:read", "presence", "read", true},
      {"presence:read", "presence", "write", false},
      {"presence:read", "presence", "", false},
      {"agent:send", "agent", "send", true},
      {"agent:send", "agent", "", false},
      {"daemons:run", "daemons", "run", true},
      {"daemons:run", "daemons", "run:demo", false},
      {"sessions:run:demo", "sessions", "run:demo", true},
      {"sessions:run:demo", "sessions", "run:exec", false},
      {"sessions:run:demo", "sessions", "run:demo2", false},
      {"sessions:run:*", "sessions", "run:exec", true},
      {"sessions:run:*", "sessions", "run:", false},
      {"sessions:run:*", "sessions", "stop:exec", false},
      {"admin", "admin", "", true},
      {"admin", "admin", "x", false},
      {"admin", "publish", "events.note", false},
      {"*", "publish", "events.note", true},
      {"*", "sessions", "run:exec", true},
      {"*", "admin", "", true},
  };
  for (const auto& row : rows) {
    CHECK_MESSAGE(scope_of(row.scope).admits(row.verb, row.subject) == row.admitted,
                  row.scope << " for " << row.verb << " " << row.subject);
  }
}

TEST_CASE("a scope covers what admits no more than it") {
  const struct {
    const char* wide;
    const char* narrow;
    bool covered;
  } rows[] = {
      {"*", "admin", true},
      {"*", "*", true},
      {"admin", "*", false},
      {"publish:>", "*", false},
      {"publish:>", "publish:>", true},
      {"publish:>", "publish:a.b.>", true},
      {"publish:>", "subscribe:>", false},
      {"publish:a.>", "publish:a", false},
      {"publish:a.>", "publish:a.*", true},
      {"publish:a.>", "publish:a.*.c", true},
      {"publish:a.>", "publish:b.>", false},
      {"publish:a.*", "publish:a.b", true},
      {"publish:a.*", "publish:a.>", false},
      {"publish:a.*", "publish:a.b.c", false},
      {"publish:a.b", "publish:a.*", false},
      {"publish:*.b", "publish:a.b", true},
      {"publish:*.b", "publish:*.*", false},
      {"publish:*", "publish:>", false},
      {"presence:read", "presence:write", false},
      {"sessions:run:*", "sessions:run:exec", true},
      {"sessions:run:exec", "sessions:run:*", false},
      {"sessions:run:exec", "sessions:run:demo", false},
  };
  for (const auto& row : rows) {
    CHECK_MESSAGE(scope_of(row.wide).covers(scope_of(row.narrow)) == row.covered, row.wide << " covers " << row.narrow);
  }
}

TEST_CASE("nobody can grant what he does not hold") {
  const auto own = ScopeSet::parse(std::vector<std::string>{"publish:channels.>", "presence:read"}).value();
  CHECK(own.check_covers(ScopeSet()).ok());
  CHECK(
      own.check_covers(ScopeSet::parse(std::vector<std::string>{"publish:channels.a", "presence:read"}).value()).ok());
  const auto refused =
      own.check_covers(ScopeSet::parse(std::vector<std::string>{"presence:read", "publish:events.>"}).value());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::kForbidden);
  CHECK(refused.error().text.find("publish:events.>") != std::string::npos);
}

TEST_CASE("one wrong scope, or too many, refuse the set") {
  const auto wrong = ScopeSet::parse(std::vector<std::string>{"admin", "nonsense"});
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().text.find("nonsense") != std::string::npos);
  const auto many = ScopeSet::parse(std::vector<std::string>(ScopeSet::kScopesMax + 1, "admin"));
  REQUIRE_FALSE(many.ok());
  CHECK(many.error().code == ErrorCode::kTooLarge);
}

TEST_CASE("the topics of a verb are the globs of its scopes, without those that others cover") {
  using Texts = std::vector<std::string>;
  const auto topics = [](Texts scopes, std::string_view verb) { return ScopeSet::parse(scopes).value().topics(verb); };
  CHECK(topics({}, "subscribe").empty());
  CHECK(topics({"admin", "publish:a"}, "subscribe").empty());
  CHECK(topics({"*"}, "subscribe") == Texts{">"});
  CHECK(topics({"subscribe:a.b", "subscribe:>", "subscribe:c"}, "subscribe") == Texts{">"});
  CHECK(topics({"subscribe:a.b", "history:x", "subscribe:a.*", "subscribe:a.b"}, "subscribe") == Texts{"a.*"});
}

TEST_CASE("two globs have the topics in common that both match") {
  const struct {
    const char* a;
    const char* b;
    const char* common;  // "": none
  } rows[] = {
      {">", ">", ">"},       {">", "a.*.c", "a.*.c"}, {"a.>", "*.b", "a.b"},     {"a.>", "a", ""},
      {"a.*", "*.b", "a.b"}, {"a.*", "b.*", ""},      {"a.*", "a.b.c", ""},      {"a.*.>", "a.b.>", "a.b.>"},
      {"*", ">", "*"},       {"a", "a", "a"},         {"a.>", "a.b.>", "a.b.>"}, {"a.*", "a.>", "a.*"},
  };
  for (const auto& row : rows) {
    CHECK_MESSAGE(glob_intersection(row.a, row.b).value_or("") == row.common, row.a << " and " << row.b);
    CHECK_MESSAGE(glob_intersection(row.b, row.a).value_or("") == row.common, row.b << " and " << row.a);
  }
}
