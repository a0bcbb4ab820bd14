// One client of GET /api/v1/stream: server-sent events, output only.
#pragma once

#include "gateway/core.h"
#include "gateway/http/query.h"
#include "gateway/subscriber.h"

namespace cell0::gateway {

class StreamClient final : public Subscriber {
 public:
  StreamClient(Core& core, Connection& connection, AccessPtr access)
      : Subscriber(connection), core_(core), access_(std::move(access)) {}
  ~StreamClient() override { core_.hub.remove(*this); }

  static constexpr std::string_view kContentType = "text/event-stream; charset=utf-8";

  // Answers the request and subscribes, from `since` if the query or Last-Event-ID has one.
  // kFull: too many different subscriptions; the stream is closed again, and the client will come back.
  Result<void> open(const Renderer& renderer, const StreamQuery& query);

  const Access& access() const { return *access_; }
  // Its token has expired or was revoked: says so in a comment, and ends.
  void access_ended(const Error& why);

 private:
  Core& core_;
  AccessPtr access_;
};

}  // namespace cell0::gateway
