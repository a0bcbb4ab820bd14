// Agents: what one entity sends to another goes to agents.<id>, wherever that is connected, and waits for it there if
// its inbox is durable.
#include "gateway/commands/execute.h"
#include "gateway/commands/inbox.h"
#include "gateway/commands/permissions.h"
#include "gateway/commands/publish.h"

namespace cell0::gateway {
namespace {

void send(const Call& call, const v1::Envelope& envelope, bool delivered) {
  publish_for(call, envelope, [call, delivered](Seq seq) { call.reply(SentReply{true, delivered, seq}); });
}

}  // namespace

void execute(const Call& call, const AgentSendCommand& command) {
  Core& core = call.core();
  const auto topic = agent_topic(command.agent_id);
  if (!topic) return call.fail(topic.error());
  v1::Envelope envelope = message_envelope(call, *topic);
  v1::AgentMessage& message = *envelope.mutable_agent_message();
  message.set_agent_id(command.agent_id);
  message.set_from(call.session()->entity_id());
  message.mutable_message()->set_text(command.message);
  if (auto checked = check_message(envelope); !checked) return call.fail(checked.error());
  if (core.presence.online(command.agent_id)) return send(call, envelope, true);

  // It is not there: it gets it later only if it has an inbox that is kept.
  if (!call.session()->begin_open(call)) return;
  v1::ConsumersRequest question;
  v1::ConsumerFind& find = *question.add_find();
  find.set_entity(command.agent_id);
  find.set_consumer(std::string(kInboxConsumer));
  core.broker_consumers->ask_consumers(question, [call, envelope](const Result<v1::ConsumersAnswer>& answer) {
    Session* session = call.session();
    if (session == nullptr) return;
    session->end_open();
    if (!answer) return call.fail(Fault::kRouting, answer.error().text);
    const bool kept = answer->find_size() == 1 && answer->find(0).known();
    if (!kept) return call.reply(SentReply{});
    send(call, envelope, false);
  });
}

void execute(const Call& call, const AgentAcknowledgeCommand& command) {
  const auto& inbox = call.session()->inbox();
  if (inbox == nullptr || !inbox->open) {
    return call.fail(Fault::kInvalidState,
                     "this connection has no durable inbox: auth.authenticate with durable: true");
  }
  const std::uint64_t newest = call.core().hub.ring().newest().value;
  if (command.seq > newest) {
    return call.fail(Fault::kInvalidParams, "seq: " + std::to_string(command.seq) + " is ahead of the newest event, " +
                                                std::to_string(newest));
  }
  call.core().consumers.acknowledge(inbox->id, Seq{command.seq});
  call.reply(SuccessReply{});
}

}  // namespace cell0::gateway
