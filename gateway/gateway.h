// The gateway: makes the parts and connects them: transport above, broker below, hub between. Stateless but for caches.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <memory>
#include <vector>

#include "common/http/admin_server.h"
#include "common/link/control_client.h"
#include "common/link/publisher.h"
#include "common/link/socket.h"
#include "common/random.h"
#include "gateway/arcane_entrance.h"
#include "gateway/attachments.h"
#include "gateway/broker_link.h"
#include "gateway/client_events.h"
#include "gateway/client_publisher.h"
#include "gateway/core.h"
#include "gateway/dialects/cell0d.h"
#include "gateway/dialects/coda.h"
#include "gateway/dialects/jsonrpc.h"
#include "gateway/dialects/neolith.h"
#include "gateway/dialects/stream.h"
#include "gateway/flush_pacer.h"
#include "gateway/history_queue.h"
#include "gateway/http/api.h"
#include "gateway/http/arcane_routes.h"
#include "gateway/http/clients.h"
#include "gateway/http/daemon_routes.h"
#include "gateway/http/documents.h"
#include "gateway/http/neolith_routes.h"
#include "gateway/http/site_guard.h"
#include "gateway/http/static_files.h"
#include "gateway/orchestrators.h"
#include "gateway/port_guard.h"
#include "gateway/presence/presence_link.h"
#include "gateway/service_link.h"
#include "gateway/session.h"
#include "gateway/stream_client.h"
#include "gateway/transport/server.h"

namespace cell0::gateway {

class Gateway final : private Handler,
                      private LinkObserver,
                      private StreamOpener,
                      private ClientDirectory,
                      private ConsumerSource,
                      private RevocationSource {
 public:
  // Opens the link and every listener. An error names the setting that is wrong ("gateway.listen.http: ...").
  // Uses, does not own: io, clock, random and log outlive the gateway.
  static Result<std::unique_ptr<Gateway>> create(asio::io_context& io, const GatewayConfig& config,
                                                 const LinkConfig& link, AuthSettings auth, Clock& clock,
                                                 Random& random, Log& log);
  ~Gateway() override;

  // Stops in order: listeners closed, not ready, clients told with 1001, spread over the first half of config.drain;
  // `done` when all have gone or the window is over.
  void drain(std::function<void()> done);

  bool ready() const { return link_->up() && revocations_.current() && presence_.presence().loaded() && !draining_; }
  // Called whenever ready() may have changed.
  void on_ready_change(std::function<void(bool ready, std::string why)> handler);

  // For the metrics and for tests.
  const Hub& hub() const { return hub_; }
  const BrokerLink& link() const { return *link_; }
  const Server& server() const { return *server_; }
  const ClientCounts& counts() const { return core_.counts; }
  const FailureThrottle& throttle() const { return throttle_; }
  const Revocations& revocations() const { return revocations_; }
  std::uint64_t accesses_ended() const { return accesses_ended_; }
  const Presence& presence() const { return presence_.presence(); }
  std::uint64_t hub_history_requests() const { return hub_.history_requests(); }
  HttpResponse readyz() const { return api_->readyz(); }
  HttpResponse routes() const { return router_.list(); }
  HttpResponse clients(const HttpRequest& request) const { return clients_response(core_, request); }

 private:
  Gateway(asio::io_context& io, const GatewayConfig& config, AuthSettings auth, Clock& clock, Random& random, Log& log);
  Result<void> open_link(const LinkConfig& link);
  Result<void> open_listeners(const std::string& fabric);
  Result<void> load_dashboard();

  // Handler
  void on_request(Connection& connection, const HttpRequest& request) override;
  void on_text(Connection& connection, std::string_view text) override;
  void on_binary(Connection& connection, std::string_view bytes) override;
  void on_pong(Connection&) override {}
  void on_writable(Connection& connection) override;
  void on_close(Connection& connection, const CloseInfo& info) override;

  // LinkObserver
  std::vector<v1::HistoryRequest> wanted() const override;
  void on_beginning(Beginning beginning) override;
  void on_event(EventPtr event) override;
  void on_revoked(const v1::Delivered& event) override;
  void on_link_state(bool up) override;

  // StreamOpener, ClientDirectory
  void open_stream(Connection& connection, const HttpRequest& request, const AccessPtr& access) override;
  void open_stream(Connection& connection, const AccessPtr& access, const StreamQuery& query,
                   const Renderer& renderer) override;
  std::size_t open_clients() const override { return sessions_.size() + streams_.size(); }
  std::vector<std::string> client_ids(std::size_t count_max) const override;
  ClientPage client_page(std::uint64_t after, std::size_t count_max) const override;

  // ConsumerSource
  void ask_consumers(const v1::ConsumersRequest& request, OnAnswer done) override;
  void tell_consumers_after(Duration delay) override;

  // RevocationSource
  void ask_revocations(const v1::RevocationsRequest& request, OnPage done) override;
  void tell_revoked(const v1::RevokeRequest& request, OnRevoked done) override;

  Result<AccessPtr> authenticate(Connection& connection, const HttpRequest& request, std::string& subprotocol);
  void open_session(Connection& connection, const HttpRequest& request, AccessPtr access, std::string_view subprotocol);
  void open_arcane(Connection& connection, const HttpRequest& request, AccessPtr access, std::string_view subprotocol);
  void add_session(std::unique_ptr<Session> session, const HttpRequest& request, std::string_view subprotocol,
                   const StreamQuery& query);
  const Dialect* dialect_for(const Connection& connection, const HttpRequest& request) const;
  void on_wake(Hub::Wake what);
  void flush_later(Duration delay);
  void flush_now();
  void on_tick();
  void schedule_tick();
  void report();
  void end_accesses();
  void tell_ready();
  void drain_some();
  void end_drain();

  asio::io_context& io_;
  const GatewayConfig config_;
  const CoreLimits limits_;
  Clock& clock_;
  Random& random_;
  Log& log_;
  UuidGenerator ids_;
  const Uuid incarnation_;
  Revocations revocations_;
  Authenticator auth_;
  FailureThrottle throttle_;
  KnownTypes types_;
  Openings openings_;
  SiteGuard guard_;
  Cell0dDialect cell0d_;
  CodaDialect coda_;
  JsonRpcDialect jsonrpc_;
  NeolithDialect neolith_;
  ArcaneEntrance arcane_;
  StreamRenderer stream_renderer_;
  std::unique_ptr<PortGuard> ports_;
  std::optional<StaticFiles> dashboard_;

  link::Context zmq_;
  std::unique_ptr<link::ControlClient> control_;
  ClientPublisher client_publisher_;
  std::unique_ptr<link::Publisher> publisher_;
  std::unique_ptr<BrokerLink> link_;

  // The history source is made after the hub, which needs one: a seam of one pointer.
  struct LateHistory final : HistorySource {
    HistorySource* source = nullptr;
    void ask(const v1::HistoryRequest& request, OnPage done) override { source->ask(request, std::move(done)); }
  } history_;
  HistoryQueue questions_;
  Hub hub_;
  Consumers consumers_;
  asio::steady_timer consumers_timer_;
  PresenceLink presence_;
  ServiceLink services_;
  Orchestrators orchestrators_;
  Attachments attachments_;
  std::uint64_t gaps_seen_ = 0;
  Core core_;
  std::unique_ptr<ClientEvents> client_events_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<ArcaneRoutes> arcane_routes_;
  Router router_;
  DocumentRoutes documents_;
  NeolithRoutes neolith_routes_;
  DaemonRoutes daemon_routes_;
  FlushPacer pacer_;
  asio::steady_timer flush_timer_;
  asio::steady_timer tick_timer_;
  asio::steady_timer drain_timer_;
  bool flush_armed_ = false;
  unsigned ticks_ = 0;
  std::uint64_t accesses_ended_ = 0;  // clients closed because their token was over

  // Dense, so that a tick walks them fast; each knows its place (Subscriber::index).
  std::vector<std::unique_ptr<Session>> sessions_;
  std::vector<std::unique_ptr<StreamClient>> streams_;
  std::unique_ptr<Server> server_;  // last: it calls back into all of the above
  std::function<void(bool, std::string)> ready_handler_;
  std::function<void()> drained_;
  bool draining_ = false;
  std::size_t drain_step_ = 1;
  bool told_gone_ = false;
  MonoTime drain_until_{};
};

}  // namespace cell0::gateway
