// The HTTP routes of every public listener (dialects.md section 6, and cell0d's /health and /status): one table.
#pragma once

#include <string_view>

#include "common/link/control_client.h"
#include "gateway/broker_link.h"
#include "gateway/core.h"
#include "gateway/http/login.h"
#include "gateway/http/publish.h"
#include "gateway/http/query.h"
#include "gateway/http/router.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class StreamOpener {
 public:
  virtual ~StreamOpener() = default;
  // Answers GET /api/v1/stream.
  virtual void open_stream(Connection& connection, const HttpRequest& request, const AccessPtr& access) = 0;
  // The same with a query that is made already, and visible to its asker, rendered otherwise. The renderer lives as
  // long as the gateway.
  virtual void open_stream(Connection& connection, const AccessPtr& access, const StreamQuery& query,
                           const Renderer& renderer) = 0;
};

class Api {
 public:
  // All outlive it.
  Api(Core& core, BrokerLink& link, link::ControlClient& control, ClientPublisher& publisher, StreamOpener& streams)
      : core_(core), link_(link), control_(control), publish_(core, link, publisher), login_(core), streams_(streams) {}

  // Outlives the router.
  void add_to(Router& router);

  // Ready: the broker link is up and the process is not draining.
  void set_draining() { draining_ = true; }
  HttpResponse readyz() const;
  static HttpResponse healthz();

 private:
  void events(const Exchange& exchange);
  void topics(const Exchange& exchange);
  void stats(const Exchange& exchange);
  void gateways(const Exchange& exchange);
  void services(const Exchange& exchange);
  void health(const Exchange& exchange);
  void status(const Exchange& exchange);

  using Write = void (*)(JsonWriter& out, const v1::Response& response, const Access& access);
  void ask_broker(const Exchange& exchange, v1::Request request, Write write);

  Core& core_;
  BrokerLink& link_;
  link::ControlClient& control_;
  PublishRoute publish_;
  LoginRoutes login_;
  StreamOpener& streams_;
  bool draining_ = false;
};

}  // namespace cell0::gateway
