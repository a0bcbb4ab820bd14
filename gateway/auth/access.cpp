#include "gateway/auth/access.h"

#include <array>

namespace cell0::gateway {
namespace {

Error lacking(const Access& access, std::string_view verb, std::string_view subject) {
  std::string scope(verb);
  if (!subject.empty()) scope.append(":").append(subject);
  if (access.anonymous) return {ErrorCode::kUnauthenticated, "a token with the scope " + scope + " is needed"};
  return {ErrorCode::kForbidden, "this token lacks the scope " + scope};
}

}  // namespace

Result<void> Access::check(std::string_view verb, std::string_view subject) const {
  if (may(verb, subject)) return {};
  return lacking(*this, verb, subject);
}

Result<void> Access::check_some(std::string_view verb) const {
  if (may_some(verb)) return {};
  return lacking(*this, verb, "");
}

Result<void> Access::narrow(v1::Filter& filter, std::string_view verb) const {
  auto allowed = scopes.topics(verb);
  if (!filter.allowed_topics().empty()) {
    const std::vector<std::string> before(filter.allowed_topics().begin(), filter.allowed_topics().end());
    allowed = auth::globs_in_common(before, allowed);
  }
  if (allowed.empty()) return lacking(*this, verb, "");
  for (const std::string& topic : filter.topics()) {
    if (!TopicGlob::parse(topic)) continue;  // EventFilter::create() says what is wrong with it
    if (auth::globs_in_common(std::array{topic}, allowed).empty()) return lacking(*this, verb, topic);
  }
  filter.clear_allowed_topics();
  if (allowed.front() == ">") return {};
  for (std::string& glob : allowed) filter.add_allowed_topics(std::move(glob));
  return {};
}

}  // namespace cell0::gateway
