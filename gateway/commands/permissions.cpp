#include "gateway/commands/permissions.h"

#include <optional>

#include "common/topic.h"
#include "gateway/dialects/session_words.h"

namespace cell0::gateway {
namespace {

Result<std::string> topic_below(std::string_view prefix, std::string_view what, std::string_view name) {
  const auto part = topic_part(name);
  if (!part) return Error{part.error().code, std::string(what) + ": " + part.error().text};
  std::string topic = std::string(prefix) + *part;
  if (auto checked = check_topic(topic); !checked) {
    return Error{checked.error().code, std::string(what) + ": its " + checked.error().text};
  }
  return topic;
}

// The one topic that a command is about, if it names one.
struct TopicOf {
  using Topic = std::optional<Result<std::string>>;

  Topic operator()(const ChatCommand&) const { return std::string("events.chat_message"); }
  Topic operator()(const ChannelSubscribeCommand& command) const { return channel_topic(command.channel); }
  Topic operator()(const ChannelPublishCommand& command) const { return channel_topic(command.channel); }
  Topic operator()(const ChannelHistoryCommand& command) const { return channel_topic(command.channel); }
  Topic operator()(const SessionStatusCommand& command) const { return session_topic(command.session_id); }
  Topic operator()(const FollowSessionCommand& command) const {
    if (command.session_id == kEverySession) return std::nullopt;  // of all those that it may see
    return session_topic(command.session_id);
  }
  Topic operator()(const auto&) const { return std::nullopt; }
};

}  // namespace

Result<std::string> channel_topic(std::string_view channel) { return topic_below("channels.", "channel", channel); }
Result<std::string> agent_topic(std::string_view agent_id) { return topic_below("agents.", "agent_id", agent_id); }

bool is_channel_topic(std::string_view topic) { return topic_under(topic, "channels"); }

Result<void> permit(const Access& access, const Command& command) {
  const Permission& needed = kPermissions[command.index()];
  if (needed.needs_token && access.anonymous) {
    return Error{ErrorCode::kUnauthenticated, "this needs a token: authenticate first"};
  }
  if (needed.verb.empty()) return {};
  if (!needed.subject.empty()) return access.check(needed.verb, needed.subject);
  const auto topic = std::visit(TopicOf{}, command);
  if (!topic) return access.check_some(needed.verb);
  if (!topic->ok()) return topic->error();
  return access.check(needed.verb, **topic);
}

Result<EventFilter> visible(const Access& access, v1::Filter filter, bool past) {
  filter.clear_allowed_topics();
  if (auto narrowed = access.narrow(filter, "subscribe"); !narrowed) return narrowed.error();
  if (!past) return EventFilter::create(filter);
  if (auto narrowed = access.narrow(filter, "history"); !narrowed) return narrowed.error();
  return EventFilter::create(filter);
}

std::string scope_text(const Permission& permission) {
  if (permission.verb.empty()) return {};
  return std::string(permission.verb) + ':' +
         (permission.subject.empty() ? "<topic>" : std::string(permission.subject));
}

}  // namespace cell0::gateway
