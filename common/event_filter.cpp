#include "common/event_filter.h"

#include <algorithm>

#include "common/topic.h"

namespace cell0 {
namespace {

Result<void> check_names(const char* field, const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (static_cast<std::size_t>(names.size()) > EventFilter::kNamesMax) {
    return Error{ErrorCode::kTooLarge, std::string(field) + ": " + std::to_string(names.size()) + " names, at most " +
                                           std::to_string(EventFilter::kNamesMax) + " are taken"};
  }
  for (const std::string& name : names) {
    if (name.empty() || name.size() > EventFilter::kNameBytesMax) {
      return Error{ErrorCode::kInvalid,
                   std::string(field) + ": a name is 1-" + std::to_string(EventFilter::kNameBytesMax) + " bytes long"};
    }
    const auto star = name.find('*');
    if (star != std::string::npos && star + 1 != name.size()) {
      return Error{ErrorCode::kInvalid, std::string(field) + ": \"" + name + "\": a * stands at the end only"};
    }
  }
  return {};
}

using Names = google::protobuf::RepeatedPtrField<std::string>;

Result<std::vector<TopicGlob>> compile_topics(const char* field, const Names& topics) {
  if (static_cast<std::size_t>(topics.size()) > EventFilter::kNamesMax) {
    return Error{ErrorCode::kTooLarge,
                 std::string(field) + ": at most " + std::to_string(EventFilter::kNamesMax) + " are taken"};
  }
  std::vector<TopicGlob> globs;
  for (const std::string& topic : topics) {
    auto glob = TopicGlob::parse(topic);
    if (!glob) return Error{ErrorCode::kInvalid, std::string(field) + ": \"" + topic + "\": " + glob.error().text};
    globs.push_back(std::move(glob).value());
  }
  return globs;
}

void sort_unique(google::protobuf::RepeatedPtrField<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

bool any_matches(const google::protobuf::RepeatedPtrField<std::string>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const std::string& pattern) { return matches_name(pattern, name); });
}

}  // namespace

bool matches_name(std::string_view pattern, std::string_view name) {
  if (pattern.empty() || pattern.back() != '*') return pattern == name;
  pattern.remove_suffix(1);
  return name.substr(0, pattern.size()) == pattern;
}

Result<EventFilter> EventFilter::create(const v1::Filter& filter) {
  if (auto checked = check_names("types", filter.types()); !checked) return checked.error();
  if (auto checked = check_names("sources", filter.sources()); !checked) return checked.error();
  if (filter.min_priority() > 10) {
    return Error{ErrorCode::kInvalid, "min_priority: " + std::to_string(filter.min_priority()) + " is not 1-10"};
  }
  if (filter.session_id().size() > kNameBytesMax) return Error{ErrorCode::kTooLarge, "session_id: over 255 bytes"};
  EventFilter made;
  made.proto_ = filter;
  sort_unique(*made.proto_.mutable_types());
  sort_unique(*made.proto_.mutable_topics());
  sort_unique(*made.proto_.mutable_allowed_topics());
  sort_unique(*made.proto_.mutable_sources());
  auto topics = compile_topics("topics", made.proto_.topics());
  if (!topics) return topics.error();
  auto allowed = compile_topics("allowed_topics", made.proto_.allowed_topics());
  if (!allowed) return allowed.error();
  made.topics_ = std::move(topics).value();
  made.allowed_topics_ = std::move(allowed).value();
  made.canonical_ = made.proto_.SerializeAsString();
  return made;
}

bool EventFilter::may_admit_type(std::string_view type) const {
  if (proto_.audience() == v1::AUDIENCE_ANY) return proto_.types().empty() || any_matches(proto_.types(), type);
  return event_type_or_user(type).reaches(proto_.audience()) || any_matches(proto_.types(), type);
}

bool EventFilter::admits(const EventFacts& event) const {
  if (proto_.min_priority() != 0 && event.priority > proto_.min_priority()) return false;
  if (!proto_.session_id().empty() && event.session_id != proto_.session_id()) return false;
  if (!proto_.sources().empty() && !any_matches(proto_.sources(), event.source)) return false;
  const auto matched = [&](const std::vector<TopicGlob>& globs) {
    return globs.empty() ||
           std::any_of(globs.begin(), globs.end(), [&](const TopicGlob& glob) { return glob.matches(event.topic); });
  };
  return matched(topics_) && matched(allowed_topics_) && may_admit_type(event.type);
}

}  // namespace cell0
