#include "common/auth/scopes.h"

#include <algorithm>
#include <array>

#include "common/utf8.h"

namespace cell0::auth {
namespace {

constexpr std::string_view kAll = "*";
constexpr std::string_view kRunner = "sessions:run:";
constexpr std::array<std::string_view, 3> kTopicVerbs{"subscribe", "history", "publish"};
constexpr std::array<std::string_view, 5> kWhole{"presence:read", "presence:write", "agent:send", "daemons:run",
                                                 "admin"};
constexpr std::size_t kRunnerBytesMax = 64;

template <typename List>
bool contains(const List& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool is_runner(std::string_view name) {
  if (name == "*") return true;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= kRunnerBytesMax && std::all_of(name.begin(), name.end(), plain);
}

Error no_scope(std::string_view text, std::string_view why) {
  return {ErrorCode::kInvalid, "scope: \"" + printable(text.substr(0, 100)) + "\" " + std::string(why)};
}

// The first part; nothing is left of `rest` after the last one.
std::string_view take_part(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  return part;
}

}  // namespace

Result<Scope> Scope::parse(std::string_view text) {
  Scope scope{std::string(text)};
  if (text == kAll || contains(kWhole, text)) return scope;
  if (text.starts_with(kRunner)) {
    if (is_runner(text.substr(kRunner.size()))) return scope;
    return no_scope(text, "names no runner; right is sessions:run:<name> or sessions:run:*");
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !contains(kTopicVerbs, text.substr(0, colon))) {
    return no_scope(text,
                    "is not known; there are subscribe:, history: and publish: with topics, presence:read, "
                    "presence:write, agent:send, sessions:run:<runner>, daemons:run, admin and *");
  }
  auto topics = TopicGlob::parse(text.substr(colon + 1));
  if (!topics) return no_scope(text, "is wrong: " + topics.error().text);
  scope.topics_ = std::move(*topics);
  return scope;
}

bool Scope::admits(std::string_view verb, std::string_view subject) const {
  if (all()) return true;
  if (this->verb() != verb) return false;
  if (topics_) return check_topic(subject).ok() && topics_->matches(subject);
  const std::string_view own = std::string_view(text_).substr(std::min(verb.size() + 1, text_.size()));
  if (own == "run:*") return subject.starts_with("run:") && subject.size() > 4;
  return own == subject;
}

bool Scope::covers(const Scope& other) const {
  if (all() || text_ == other.text_) return true;
  if (other.all() || verb() != other.verb()) return false;
  if (topics_ && other.topics_) return glob_covers(topics_->text(), other.topics_->text());
  return text_ == "sessions:run:*";
}

Result<ScopeSet> ScopeSet::parse(std::span<const std::string> texts) {
  if (texts.size() > kScopesMax) {
    return Error{ErrorCode::kTooLarge, "scopes: " + std::to_string(texts.size()) + " of them; at most " +
                                           std::to_string(kScopesMax) + " are taken"};
  }
  ScopeSet set;
  for (const std::string& text : texts) {
    auto scope = Scope::parse(text);
    if (!scope) return scope.error();
    set.scopes_.push_back(std::move(*scope));
  }
  return set;
}

bool ScopeSet::admits(std::string_view verb, std::string_view subject) const {
  return std::any_of(scopes_.begin(), scopes_.end(), [&](const Scope& scope) { return scope.admits(verb, subject); });
}

bool ScopeSet::admits_some(std::string_view verb) const {
  return std::any_of(scopes_.begin(), scopes_.end(), [&](const Scope& scope) { return scope.admits_some(verb); });
}

Result<void> ScopeSet::check_covers(const ScopeSet& wanted) const {
  for (const Scope& scope : wanted.scopes_) {
    const bool held = std::any_of(scopes_.begin(), scopes_.end(), [&](const Scope& own) { return own.covers(scope); });
    if (!held) return Error{ErrorCode::kForbidden, "scope: " + scope.text() + " is not held, so it cannot be granted"};
  }
  return {};
}

std::vector<std::string> ScopeSet::topics(std::string_view verb) const {
  std::vector<std::string> globs;
  for (const Scope& scope : scopes_) {
    if (scope.all()) return {">"};
    if (scope.topics() != nullptr && scope.verb() == verb) globs.push_back(scope.topics()->text());
  }
  return globs_in_common(globs, std::array<std::string, 1>{">"});
}

std::vector<std::string> ScopeSet::texts() const {
  std::vector<std::string> texts;
  texts.reserve(scopes_.size());
  for (const Scope& scope : scopes_) texts.push_back(scope.text());
  return texts;
}

bool glob_covers(std::string_view wide, std::string_view narrow) {
  while (!wide.empty() && !narrow.empty()) {
    const std::string_view allowed = take_part(wide);
    const std::string_view wanted = take_part(narrow);
    if (allowed == ">") return true;
    if (wanted == ">" || (allowed != "*" && allowed != wanted)) return false;
  }
  return wide.empty() && narrow.empty();
}

std::optional<std::string> glob_intersection(std::string_view a, std::string_view b) {
  std::string common;
  while (!a.empty() && !b.empty()) {
    if (a == ">") return common.append(b);
    if (b == ">") return common.append(a);
    const std::string_view left = take_part(a);
    const std::string_view right = take_part(b);
    if (left != right && left != "*" && right != "*") return std::nullopt;
    common.append(left == "*" ? right : left);
    if (!a.empty() && !b.empty()) common += '.';
  }
  if (!a.empty() || !b.empty()) return std::nullopt;
  return common;
}

std::vector<std::string> globs_in_common(std::span<const std::string> a, std::span<const std::string> b) {
  std::vector<std::string> common;
  for (const std::string& left : a) {
    for (const std::string& right : b) {
      auto glob = glob_intersection(left, right);
      const auto covers = [&](const std::string& other) { return glob_covers(other, *glob); };
      if (!glob || std::any_of(common.begin(), common.end(), covers)) continue;
      common.erase(std::remove_if(common.begin(), common.end(),
                                  [&](const std::string& other) { return glob_covers(*glob, other); }),
                   common.end());
      common.push_back(std::move(*glob));
    }
  }
  return common;
}

}  // namespace cell0::auth
