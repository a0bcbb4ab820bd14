// What somebody may do: the one vocabulary of scopes, for every dialect, method and route (docs/auth.md).
//
//   subscribe:<topics>  history:<topics>  publish:<topics>     <topics>: a glob, "events.*", "channels.>", ">"
//   presence:read  presence:write  agent:send  daemons:run
//   sessions:run:<runner>                                      <runner>: a name, or * for every runner
//   admin
//   *                                                          all of it
//
// A right is asked for as a verb and its subject: ("publish", "channels.general"), ("presence", "read"),
// ("sessions", "run:demo"), ("admin", ""). Values; pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "common/topic.h"

namespace cell0::auth {

class Scope {
 public:
  // kInvalid: not one of the above; the text says what is wrong with it.
  static Result<Scope> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool admits(std::string_view verb, std::string_view subject) const;
  // Whether it admits anything at all for this verb.
  bool admits_some(std::string_view verb) const { return all() || this->verb() == verb; }
  // Whether it admits everything that `other` admits.
  bool covers(const Scope& other) const;

  bool all() const { return text_ == "*"; }
  std::string_view verb() const { return std::string_view(text_).substr(0, text_.find(':')); }
  // Of subscribe, history and publish; null for others.
  const TopicGlob* topics() const { return topics_ ? &*topics_ : nullptr; }

 private:
  explicit Scope(std::string text) : text_(std::move(text)) {}

  std::string text_;
  std::optional<TopicGlob> topics_;
};

class ScopeSet {
 public:
  static constexpr std::size_t kScopesMax = 64;  // each is looked at for each question

  ScopeSet() = default;  // may nothing

  // kInvalid: one of them is no scope. kTooLarge: more than kScopesMax.
  static Result<ScopeSet> parse(std::span<const std::string> texts);

  bool admits(std::string_view verb, std::string_view subject) const;
  bool admits_some(std::string_view verb) const;

  // Nobody can grant what he does not hold: kForbidden names the first of `wanted` that no single scope here covers.
  Result<void> check_covers(const ScopeSet& wanted) const;

  // Which topics it admits for subscribe, history or publish, none twice: {">"} if all, {} if none.
  std::vector<std::string> topics(std::string_view verb) const;

  std::vector<std::string> texts() const;  // in the order in which they were given
  bool empty() const { return scopes_.empty(); }

 private:
  std::vector<Scope> scopes_;
};

// Whether every topic that `narrow` matches is matched by `wide`. REQUIRES: both are texts of TopicGlobs.
bool glob_covers(std::string_view wide, std::string_view narrow);

// The topics that both match, as one glob; nullopt: there are none. REQUIRES: as above.
std::optional<std::string> glob_intersection(std::string_view a, std::string_view b);

// What the lists of globs have in common: pairwise, without what another of them covers.
std::vector<std::string> globs_in_common(std::span<const std::string> a, std::span<const std::string> b);

}  // namespace cell0::auth
