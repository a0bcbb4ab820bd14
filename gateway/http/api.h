// The HTTP routes of every public listener (dialects.md section 6, and cell0d's /health and /status): one table.
#pragma once

#include <string_view>

#include "common/link/control_client.h"
#include "gateway/broker_link.h"
#include "gateway/core.h"
#include "gateway/http/login.h"
#include "gateway/http/publish.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class StreamOpener {
 public:
  virtual ~StreamOpener() = default;
  // Answers GET /api/v1/stream.
  virtual void open_stream(Connection& connection, const HttpRequest& request, const AccessPtr& access) = 0;
};

class Api {
 public:
  Api(Core& core, BrokerLink& link, link::ControlClient& control, link::Publisher& publisher, StreamOpener& streams)
      : core_(core), link_(link), control_(control), publish_(core, link, publisher), login_(core), streams_(streams) {}

  // True if the path is one of ours: then the request is answered, now or later. Checks the route's scope; an answer
  // that takes time is refused if the token is no longer good by then.
  bool handle(Connection& connection, const HttpRequest& request, const AccessPtr& access);

  // The routes and what each needs, as JSON, for the admin listener: [{"method","path","verb","subject"}].
  static HttpResponse routes();

  // Ready: the broker link is up and the process is not draining.
  void set_draining() { draining_ = true; }
  HttpResponse readyz() const;
  static HttpResponse healthz();

 private:
  struct Route;
  static const Route kRoutes[];

  void events(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void publish(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void stream(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void topics(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void stats(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void gateways(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void clients(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void presence(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void health(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void status(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void healthz_route(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void readyz_route(Connection& connection, const HttpRequest& request, const AccessPtr& access);

  void login(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void logout(Connection& connection, const HttpRequest& request, const AccessPtr& access);
  void me(Connection& connection, const HttpRequest& request, const AccessPtr& access);

  using Write = void (*)(JsonWriter& out, const v1::Response& response, const Access& access);
  void ask_broker(Connection& connection, const AccessPtr& access, v1::Request request, Write write);
  void answer(Connection& connection, const Access& access, HttpResponse response) const;

  Core& core_;
  BrokerLink& link_;
  link::ControlClient& control_;
  PublishRoute publish_;
  LoginRoutes login_;
  StreamOpener& streams_;
  bool draining_ = false;
};

}  // namespace cell0::gateway
