#include "gateway/client_events.h"

#include <utility>

namespace cell0::gateway {
namespace {

void set_count(v1::Envelope& envelope, int count) {
  envelope.mutable_extra()->set_text("{\"count\":" + std::to_string(count) + "}");
}

}  // namespace

v1::Envelope ClientEvents::envelope() {
  v1::Envelope envelope;
  envelope.set_id(std::string(ids_.next().raw()));
  envelope.set_source("websocket.server");
  envelope.set_time_us(to_unix_us(clock_.wall()));
  return envelope;
}

void ClientEvents::connected(const std::string& client_id, const std::string& path) {
  if (++connects_ > kPerSecondMax) return;
  v1::Envelope event = envelope();
  event.mutable_client_connect()->set_client_id(client_id);
  event.mutable_client_connect()->set_path(path);
  publish_(event);
}

void ClientEvents::disconnected(const std::string& client_id, const std::string& reason) {
  if (++disconnects_ > kPerSecondMax) return;
  v1::Envelope event = envelope();
  event.mutable_client_disconnect()->set_client_id(client_id);
  event.mutable_client_disconnect()->set_reason(reason);
  publish_(event);
}

void ClientEvents::on_tick() {
  if (const int more = std::exchange(connects_, 0) - kPerSecondMax; more > 0) {
    v1::Envelope event = envelope();
    event.mutable_client_connect()->set_client_id("*");
    set_count(event, more);
    publish_(event);
  }
  if (const int more = std::exchange(disconnects_, 0) - kPerSecondMax; more > 0) {
    v1::Envelope event = envelope();
    event.mutable_client_disconnect()->set_client_id("*");
    set_count(event, more);
    publish_(event);
  }
}

}  // namespace cell0::gateway
