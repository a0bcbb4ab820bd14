// The parts that every client of the gateway uses, by reference: made once in main's order, owned by Gateway.
#pragma once

#include "common/clock.h"
#include "common/config/gateway_config.h"
#include "common/log.h"
#include "common/uuid.h"
#include "gateway/auth/authenticator.h"
#include "gateway/auth/failure_throttle.h"
#include "gateway/client_view.h"
#include "gateway/consumers.h"
#include "gateway/history_source.h"
#include "gateway/hub.h"
#include "gateway/known_types.h"
#include "gateway/limits.h"
#include "gateway/opening.h"
#include "gateway/presence/presence.h"
#include "gateway/services.h"

namespace cell0::gateway {

class Attachments;
class BrokerLink;
class ClientPublisher;
class Orchestrators;

struct ClientCounts {
  std::uint64_t connections_total = 0;
  std::uint64_t messages_sent = 0;  // replies; the hub counts deliveries
  std::uint64_t messages_received = 0;
  // Of requests, in what was received:
  std::uint64_t requests = 0;       // that want an answer
  std::uint64_t notifications = 0;  // that do not
  std::uint64_t batches = 0;
  std::uint64_t errors = 0;  // answered so
};

class Session;

// The clients that are open, for statistics.
class ClientDirectory {
 public:
  virtual ~ClientDirectory() = default;
  virtual std::size_t open_clients() const = 0;  // WebSockets and streams
  virtual std::vector<std::string> client_ids(std::size_t count_max) const = 0;
  // Up to count_max of those with an id above `after`. O(clients). REQUIRES: count_max > 0.
  virtual ClientPage client_page(std::uint64_t after, std::size_t count_max) const = 0;
};

struct Core {
  const GatewayConfig& config;
  const CoreLimits& limits;
  Clock& clock;
  Log& log;
  UuidGenerator& ids;
  Hub& hub;
  HistorySource& history;
  Authenticator& auth;
  FailureThrottle& throttle;
  KnownTypes& types;
  Openings& openings;
  ClientDirectory& clients;
  Consumers& consumers;
  Presence& presence;
  Services& services;
  WallTime started;
  ClientCounts counts = {};
  // The broker, made after those who use it and there before the first client.
  const BrokerLink* link = nullptr;
  ClientPublisher* publisher = nullptr;
  ConsumerSource* broker_consumers = nullptr;
  Orchestrators* orchestrators = nullptr;
  Attachments* attachments = nullptr;
};

}  // namespace cell0::gateway
