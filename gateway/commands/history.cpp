// What was: questions to the broker's history.
#include <algorithm>

#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"

namespace cell0::gateway {
namespace {

std::uint32_t limit_of(const Call& call, std::uint64_t asked) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(asked, call.core().limits.history_limit_max));
}

}  // namespace

void execute(const Call& call, const HistoryCommand& command) {
  Session& session = *call.session();
  v1::HistoryRequest request;
  if (command.type)
    request.mutable_filter()->add_types(*command.type);
  else
    request.mutable_filter()->set_audience(session.dialect().audience());
  if (auto narrowed = session.access().narrow(*request.mutable_filter(), "history"); !narrowed) {
    return call.fail(narrowed.error());
  }
  request.set_limit(limit_of(call, static_cast<std::uint64_t>(command.limit)));
  request.set_newest(!command.since && !command.since_time);
  request.set_since(command.since.value_or(0));
  if (command.since_time) request.set_since_time_us(to_unix_us(*command.since_time));
  session.ask_history({call.context(), std::move(request), [](const auto& events, const v1::HistoryPage&) -> Reply {
                         return HistoryReply{events, false};
                       }});
}

void execute(const Call& call, const ChannelHistoryCommand& command) {
  v1::HistoryRequest request;
  request.mutable_filter()->add_types("channel_message");
  request.mutable_filter()->add_topics(channel_topic(command.channel).value());
  request.set_limit(limit_of(call, command.limit));
  request.set_newest(!command.since);
  request.set_since(command.since.value_or(0));
  const std::uint64_t since = command.since.value_or(0);
  const bool from_somewhere = command.since.has_value();
  call.session()->ask_history({call.context(), std::move(request),
                               [since, from_somewhere](const auto& events, const v1::HistoryPage& page) -> Reply {
                                 return ChannelHistoryReply{events, !from_somewhere || page.trimmed_through() <= since};
                               }});
}

}  // namespace cell0::gateway
