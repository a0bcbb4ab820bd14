// Every request of the control socket: one function each, in the file of its name.
//
// A handler reads the body and either fills the answer (kNow), or takes care of answering (kLater), or says why not.
#pragma once

#include <cstdint>
#include <string_view>

#include "broker/chain.h"
#include "broker/consumers.h"
#include "broker/control/answers.h"
#include "broker/control/history_desk.h"
#include "broker/control/publish_desk.h"
#include "broker/control/revocation_desk.h"
#include "broker/control/service_desk.h"
#include "broker/gateways.h"
#include "broker/intake.h"
#include "broker/presence_events.h"
#include "broker/topics.h"

namespace cell0::broker {

// What handlers may use.
struct ControlParts {
  const Limits& limits;
  Intake& intake;
  const Sequencer& sequencer;
  const Chain& chain;
  const Topics& topics;
  Gateways& gateways;
  const Counters& counters;
  const Clock& clock;
  Log& log;
  WallTime started;
  PublishDesk& publish;
  HistoryDesk& history;
  Consumers& consumers;
  Answers& answers;
  Presence& presence;
  PresenceEvents& presence_events;
  RevocationDesk& revocations;
  ServiceDesk& services;
};

struct Call {
  std::string_view peer;  // ZeroMQ's routing id
  std::uint64_t id = 0;
  std::string_view body;
};

enum class Reply { kNow, kLater };

Result<Reply> handle_hello(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_publish(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_history(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_report(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_stats(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_topics(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_consumers(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_presence(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_presence_snapshot(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_subscriber_counts(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_revoke(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_revocations(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_worker(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_service(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_service_reply(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_service_state(ControlParts& parts, const Call& call, v1::Response& answer);
Result<Reply> handle_services(ControlParts& parts, const Call& call, v1::Response& answer);

// What the stats request and GET /stats say.
v1::StatsAnswer stats_of(const ControlParts& parts);

}  // namespace cell0::broker
