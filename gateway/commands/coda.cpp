// What coda's clients say: chat, whose replies reach the conversation they belong to, and audio for the voice service.
#include <algorithm>

#include "gateway/commands/execute.h"
#include "gateway/commands/permissions.h"
#include "gateway/commands/publish.h"
#include "gateway/orchestrators.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kReplyType = "chat_response";
constexpr std::size_t kConversationsMax = 16;  // of one client; the oldest gives way
constexpr std::string_view kConversation = "conversation ";

// Whether its stream has the session's replies anyway.
bool hears(const Subscription& events, const std::string& session_id) {
  if (events.set() == nullptr) return false;
  const EventFilter& filter = events.set()->filter;
  const std::string& only = filter.proto().session_id();
  return filter.may_admit_type(kReplyType) && (only.empty() || only == session_id);
}

void make_room(Subscriptions& subscriptions) {
  std::vector<std::string> conversations = subscriptions.names();
  std::erase_if(conversations, [](const std::string& name) { return name.rfind(kConversation, 0) != 0; });
  if (conversations.size() >= kConversationsMax) subscriptions.drop(conversations.front());
}

// From now on the client gets the replies to that session, once each. kFull: too many different sessions on this
// gateway.
Result<void> join(const Call& call, const std::string& session_id) {
  Session& session = *call.session();
  Subscriptions& subscriptions = session.subscriptions();
  const std::string name = std::string(kConversation) + session_id;
  if (hears(subscriptions.events(), session_id) || subscriptions.find(name) != nullptr) return {};
  v1::Filter filter;
  filter.add_types(std::string(kReplyType));
  filter.set_session_id(session_id);
  const auto visible_filter = visible(session.access(), std::move(filter), false);
  if (!visible_filter) return {};  // it may speak, and not listen
  make_room(subscriptions);
  auto joined = call.core().hub.subscribe(subscriptions.add(name), session.dialect(), *visible_filter);
  if (!joined) subscriptions.drop(name);
  return joined;
}

}  // namespace

void execute(const Call& call, const ChatCommand& command) {
  const Session& session = *call.session();
  const bool known = command.session_id && !command.session_id->empty();
  const std::string session_id = known ? *command.session_id : to_string(call.core().ids.next());
  v1::Envelope envelope = message_envelope(call, "");
  envelope.set_source("chat.general");
  envelope.set_session_id(session_id);
  envelope.mutable_chat_message()->set_message(command.message);
  envelope.mutable_chat_message()->set_sender(session.entity_id());
  if (auto checked = check_message(envelope); !checked) return call.fail(checked.error());
  if (auto joined = join(call, session_id); !joined) return call.fail(joined.error());
  publish_for(call, envelope, [call](Seq) { call.reply(SuccessReply{}); });
}

// ---- audio

namespace {

bool is_session_id(std::string_view id) {
  constexpr std::size_t kBytesMax = 128;
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7F; };
  return !id.empty() && id.size() <= kBytesMax && std::none_of(id.begin(), id.end(), control);
}

}  // namespace

void execute(const Call& call, const AudioStartCommand& command) {
  Session& session = *call.session();
  if (!is_session_id(command.session_id)) {
    return call.fail(Fault::kInvalidParams, "session_id: not 1-128 bytes without control characters");
  }
  if (session.audio() != nullptr) {
    return call.fail(Fault::kInvalidState, "audio session " + session.audio()->session_id() + " is open; end it first");
  }
  const std::string client_id = to_string(session.client_id());
  const auto failed = [call](const std::string& text) { call.reply(AudioFailedReply{text, call.core().clock.wall()}); };
  session.audio() = std::make_unique<AudioSession>(call.core().services, service_caller(session.access(), client_id),
                                                   command.session_id, failed);
  call.reply(AudioStartedReply{command.session_id, client_id, call.core().clock.wall()});
  session.audio()->start(command.config);
}

// Outside a session nothing happens (dialects.md, "Rules for all dialects").
void execute(const Call& call, const AudioFrameCommand& command) {
  if (auto& audio = call.session()->audio()) audio->frame(command.bytes);
}

void execute(const Call& call, const AudioEndCommand& command) {
  auto& audio = call.session()->audio();
  if (audio == nullptr || audio->ending()) return call.fail(Fault::kInvalidState, "no audio session is open");
  if (command.session_id && *command.session_id != audio->session_id()) {
    return call.fail(Fault::kInvalidState, "session_id: the audio session that is open is " + audio->session_id());
  }
  audio->end([call](std::uint64_t chunks) {
    Session* session = call.session();
    if (session == nullptr) return;
    const std::string client_id = to_string(session->client_id());
    call.reply(AudioEndedReply{session->audio()->session_id(), client_id, chunks, call.core().clock.wall()});
    session->audio().reset();
  });
}

}  // namespace cell0::gateway
