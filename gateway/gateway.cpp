#include "gateway/gateway.h"

#include <algorithm>
#include <asio/post.hpp>

#include "common/topic.h"
#include "common/version.h"
#include "gateway/auth/admission.h"
#include "gateway/http/answers.h"
#include "gateway/http/cors.h"

namespace cell0::gateway {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr unsigned kTicksPerReport = 2;
constexpr Duration kConsumersTimeout = std::chrono::seconds(5);
constexpr Duration kRevocationsTimeout = std::chrono::seconds(5);
constexpr std::string_view kSubprotocol = "cell0";

auto timer_duration(Duration duration) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(duration);
}

CoreLimits core_limits(const GatewayLimits& config) {
  CoreLimits limits;
  limits.ring_events_max = config.ring_events_max;
  limits.ring_bytes_max = config.ring_bytes_max;
  limits.lag_bytes_max = config.lag_bytes_max;
  limits.pages_max = config.pages_max;
  limits.cursor_chunk_bytes = config.cursor_chunk_bytes;
  limits.sets_max = config.sets_max;
  limits.topic_sets_max = config.topic_sets_max;
  limits.flush_interval_max = config.flush_interval_max;
  limits.history_limit_max = config.history_limit_max;
  limits.jsonrpc_message_bytes_max = config.jsonrpc_message_bytes_max;
  limits.hold_max = config.hold_max;
  limits.hold_bytes_max = config.hold_bytes_max;
  return limits;
}

std::chrono::seconds seconds_of(std::chrono::milliseconds time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time + std::chrono::milliseconds(999));
}

TransportLimits transport_limits(const GatewayLimits& config) {
  TransportLimits limits;
  limits.connections_max = config.connections_max;
  limits.head_bytes_max = config.head_bytes_max;
  limits.body_bytes_max = config.body_bytes_max;
  limits.message_bytes_max = config.message_bytes_max;
  limits.input_bytes_max = config.input_bytes_max;
  limits.reply_queue_bytes_max = config.reply_queue_bytes_max;
  limits.send_buffer_bytes = config.send_buffer_bytes;
  limits.head_timeout = seconds_of(config.head_timeout);
  limits.body_timeout = seconds_of(config.body_timeout);
  limits.idle_timeout = seconds_of(config.idle_timeout);
  limits.message_timeout = seconds_of(config.message_timeout);
  limits.close_timeout = seconds_of(config.close_timeout);
  limits.stall_timeout = seconds_of(config.stall_timeout);
  limits.ping_after = seconds_of(config.ping_interval);
  limits.close_after = seconds_of(config.silence_timeout);
  return limits;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::create(asio::io_context& io, const GatewayConfig& config,
                                                 const LinkConfig& link, AuthSettings auth, Clock& clock,
                                                 Random& random, Log& log) {
  std::unique_ptr<Gateway> made(new Gateway(io, config, std::move(auth), clock, random, log));
  if (auto opened = made->load_dashboard(); !opened) return opened.error();
  if (auto opened = made->open_link(link); !opened) return opened.error();
  if (auto opened = made->open_listeners(link.control); !opened) return opened.error();
  made->link_->start();
  made->control_->start();
  made->schedule_tick();
  return made;
}

Gateway::Gateway(asio::io_context& io, const GatewayConfig& config, AuthSettings auth, Clock& clock, Random& random,
                 Log& log)
    : io_(io),
      config_(config),
      limits_(core_limits(config.limits)),
      clock_(clock),
      random_(random),
      log_(log),
      ids_(clock, random),
      incarnation_(ids_.next()),
      revocations_(*this, clock, config.auth.revocations_unknown_max),
      auth_(std::move(auth), revocations_, clock, ids_),
      throttle_(config.auth.failures_max),
      types_(limits_.user_types_max),
      openings_(limits_),
      guard_(config.auth.allowed_hosts, config.auth.allowed_origins),
      jsonrpc_({config.heartbeat_interval, config.heartbeat_timeout, config.heartbeat_interval}),
      client_publisher_(
          [this](const v1::Envelope& envelope, link::OnPublished done, std::optional<link::PublishKey> key) {
            return publisher_->publish(envelope, std::move(done), std::move(key));
          },
          clock),
      questions_(history_, limits_.questions_asked_max, limits_.questions_queued_max,
                 [this](std::function<void()> run) { asio::post(io_, std::move(run)); }),
      hub_(limits_, history_, [this](Hub::Wake what) { on_wake(what); }),
      consumers_(*this, clock),
      consumers_timer_(io),
      presence_(io, clock, limits_, std::string(incarnation_.raw())),
      services_(io, clock),
      orchestrators_([this](v1::ServiceRequest request,
                            Services::Done done) { services_.services().call(std::move(request), std::move(done)); },
                     questions_, clock, clock.wall(), [this] { return link_->up(); }),
      attachments_(presence_.presence(), orchestrators_),
      core_{config_,
            limits_,
            clock,
            log,
            ids_,
            hub_,
            questions_,
            auth_,
            throttle_,
            types_,
            openings_,
            *this,
            consumers_,
            presence_.presence(),
            services_.services(),
            clock.wall()},
      router_(auth_),
      documents_(router_),
      neolith_routes_(core_),
      daemon_routes_(core_, static_cast<StreamOpener&>(*this)),
      pacer_(limits_.flush_interval_max),
      flush_timer_(io),
      tick_timer_(io),
      drain_timer_(io) {}

Gateway::~Gateway() {
  server_.reset();  // no callbacks from here on
  sessions_.clear();
  streams_.clear();
}

Result<void> Gateway::load_dashboard() {
  if (config_.web_dir.empty()) return {};
  auto files = StaticFiles::load(config_.web_dir);
  if (!files) return Error{files.error().code, "gateway.web_dir: " + files.error().text};
  dashboard_ = std::move(files).value();
  return {};
}

Result<void> Gateway::open_link(const LinkConfig& config) {
  link::ControlOptions options;
  options.endpoint = config.control;
  options.name = config_.name;
  options.role = "gateway";
  options.requests_max += Services::kCallsMax;  // they may take minutes; the others shall not wait for them
  auto control = link::ControlClient::create(io_, zmq_, clock_, options);
  if (!control) return Error{control.error().code, "link.control: " + control.error().text};
  control_ = std::move(control).value();
  control_->on_state([this](bool connected) {
    if (!connected) return;
    consumers_.on_connected();
    revocations_.on_missed();
  });
  control_->on_notice([this](const v1::Response& notice) {
    if (notice.has_consumer_taken()) consumers_.on_taken(notice.consumer_taken());
  });
  presence_.start(*control_);
  services_.start(*control_);
  link::PublisherOptions publishing;
  publishing.emitter_id = "gateway." + to_string(incarnation_);
  publisher_ = std::make_unique<link::Publisher>(io_, *control_, clock_, random_, publishing);
  auto link = BrokerLink::create(io_, zmq_, *control_, config, limits_, clock_, log_, *this);
  if (!link) return link.error();
  link_ = std::move(link).value();
  // Later: a command of a client that ends is not executed to its end otherwise.
  revocations_.on_new([this] { asio::post(io_, [this] { end_accesses(); }); });
  history_.source = link_.get();
  core_.link = link_.get();
  core_.publisher = &client_publisher_;
  core_.broker_consumers = this;
  core_.orchestrators = &orchestrators_;
  core_.attachments = &attachments_;
  client_events_ = std::make_unique<ClientEvents>(clock_, ids_, [this](const v1::Envelope& envelope) {
    if (!link_->up()) return;  // ephemeral: of no use later
    if (auto taken = publisher_->publish(envelope); !taken)
      log_.debug("client event dropped", {{"why", taken.error().text}});
  });
  api_ = std::make_unique<Api>(core_, *link_, *control_, client_publisher_, static_cast<StreamOpener&>(*this));
  neolith_routes_.add_to(router_);
  daemon_routes_.add_to(router_);
  api_->add_to(router_);
  arcane_routes_ = std::make_unique<ArcaneRoutes>(core_, *control_);
  arcane_routes_->add_to(router_);
  documents_.add_to(router_);
  return {};
}

Result<void> Gateway::open_listeners(const std::string& fabric) {
  auto server = Server::create(io_, transport_limits(config_.limits), *this, clock_);
  if (!server) return server.error();
  server_ = std::move(server).value();
  ports_ = std::make_unique<PortGuard>(fabric);
  const std::vector<std::pair<std::string, std::uint16_t>> wanted = {
      {"http", config_.listen.http}, {"cell0d", config_.listen.cell0d}, {"jsonrpc", config_.listen.jsonrpc},
      {"coda", config_.listen.coda}, {"arcane", config_.listen.arcane}, {"neolith", config_.listen.neolith},
      {"api", config_.listen.api}};
  for (const auto& [name, port] : wanted) {
    if (port == 0) continue;
    if (auto claimed = ports_->claim(port); !claimed) {
      return Error{claimed.error().code, "gateway.listen." + name + ": " + claimed.error().text};
    }
    auto report = server_->listen({name, config_.listen.hosts, port});
    if (!report) return report.error();
    for (const std::string& address : report->bound) log_.info("listening", {{"listener", name}, {"address", address}});
    for (const std::string& warning : report->warnings) log_.warn(warning, {{"listener", name}});
  }
  return {};
}

// ---- requests

void Gateway::on_request(Connection& connection, const HttpRequest& request) {
  if (auto host = guard_.check_host(request); !host) return connection.respond(error_response(host.error()));
  if (auto origin = guard_.check_origin(request); !origin) {
    connection.answer_with({{"Vary", "Origin"}});
    return connection.respond(error_response(origin.error()));
  }
  const bool own_page = guard_.is_own_page(request);
  connection.answer_with(cors_headers(request, own_page));
  if (request.method == "OPTIONS") {  // before the token: a browser's preflight shows none
    const std::string methods = router_.methods(listeners::of(connection.listener().name), request.path);
    if (!methods.empty()) return connection.respond(options_response(request, methods, own_page));
  }
  std::string subprotocol;
  auto access = authenticate(connection, request, subprotocol);
  if (!access) return connection.respond(token_error_response(access.error()));
  if (request.is_websocket_upgrade) return open_session(connection, request, std::move(access).value(), subprotocol);
  if (router_.handle(connection, request, *access)) return;
  if (dashboard_ && connection.listener().name == "http") {
    if (auto file = dashboard_->serve(request)) return connection.respond(std::move(*file));
  }
  connection.respond(error_response({ErrorCode::kNotFound, "there is nothing at " + request.path.substr(0, 200)}));
}

// A token is always verified when it is given; without one the client is anonymous (dialects.md, "Authentication").
Result<AccessPtr> Gateway::authenticate(Connection& connection, const HttpRequest& request, std::string& subprotocol) {
  if (header_has_token(request.header("sec-websocket-protocol"), kSubprotocol)) subprotocol = kSubprotocol;
  const auto shown = shown_token(request, guard_.is_own_page(request));
  if (!shown) return shown.error();
  if (!*shown) return auth_.anonymous();
  auto access = admit(auth_, throttle_, (*shown)->token, connection.peer_address(), clock_.mono());
  // A browser shows an old cookie by itself, also to the page where its user logs in.
  if (!access && (*shown)->cookie) return auth_.anonymous();
  return access;
}

// An explicit path selects the dialect on every listener; the root is the listener's own (dialects.md, first rules).
const Dialect* Gateway::dialect_for(const Connection& connection, const HttpRequest& request) const {
  if (request.path == "/cell0d") return &cell0d_;
  if (request.path == "/coda") return &coda_;
  if (request.path == "/rpc") return &jsonrpc_;
  if (request.path == "/daemon/ws" || request.path == "/api/daemon/ws") return &neolith_;
  if (request.path != "/") return nullptr;
  const std::string& listener = connection.listener().name;
  if (listener == "coda") return &coda_;
  if (listener == "jsonrpc") return &jsonrpc_;
  if (listener == "neolith") return &neolith_;
  return listener == "http" || listener == "cell0d" ? &cell0d_ : nullptr;
}

void Gateway::open_session(Connection& connection, const HttpRequest& request, AccessPtr access,
                           std::string_view subprotocol) {
  const bool arcane_root = request.path == "/" && connection.listener().name == "arcane";
  if (arcane_root || ArcaneEntrance::is_path(request.path)) {
    return open_arcane(connection, request, std::move(access), subprotocol);
  }
  const Dialect* dialect = dialect_for(connection, request);
  if (dialect == nullptr) {
    return connection.respond(
        error_response({ErrorCode::kNotFound, "no WebSocket dialect at " + request.path.substr(0, 200) +
                                                  " here; /cell0d, /rpc, /coda and /ws/events are some"}));
  }
  auto query = read_stream_query(request, dialect->audience());
  if (!query) return connection.respond(error_response(query.error()));
  auto filter = EventFilter::create(dialect->meant(query->filter.proto()));
  if (!filter) return connection.respond(error_response(filter.error()));
  query->filter = std::move(*filter);
  add_session(std::make_unique<Session>(core_, connection, *dialect, std::move(access)), request, subprotocol, *query);
}

// Its welcome says how many there are on all gateways, so it is counted before it is let in.
void Gateway::open_arcane(Connection& connection, const HttpRequest& request, AccessPtr access,
                          std::string_view subprotocol) {
  auto found = arcane_.find(request);
  if (!found) return connection.respond(error_response(found.error()));
  Presence& presence = presence_.presence();
  presence.subscribed(found->counted_topic);
  const auto open = [this, ref = ConnectionRef(connection), request, access = std::move(access),
                     subprotocol = std::string(subprotocol), place = *found](std::uint64_t clients) {
    if (ref->mode() != Mode::kHttp) return presence_.presence().unsubscribed(place.counted_topic);
    auto session = std::make_unique<Session>(
        core_, *ref, *place.dialect, access,
        std::make_unique<Session::Place>(
            Session::Place{place.dialect, place.channel, place.counted_topic, std::max<std::uint64_t>(1, clients)}));
    add_session(std::move(session), request, subprotocol, place.query);
  };
  presence.announced([&presence, topic = found->counted_topic, open] { presence.recipients(topic, open); });
}

void Gateway::add_session(std::unique_ptr<Session> session, const HttpRequest& request, std::string_view subprotocol,
                          const StreamQuery& query) {
  if (!session->open(request, subprotocol, query)) return;
  ++core_.counts.connections_total;
  client_events_->connected(to_string(session->client_id()), request.path);
  session->connection().set_user(session.get());
  session->set_index(sessions_.size());
  sessions_.push_back(std::move(session));
  sessions_.back()->begin(query);
}

void Gateway::open_stream(Connection& connection, const HttpRequest& request, const AccessPtr& access) {
  auto query = read_stream_query(request, v1::AUDIENCE_STREAM);
  if (query) query = visible_to(*access, std::move(*query));
  if (!query) return connection.respond(error_response(query.error()));
  open_stream(connection, access, *query, stream_renderer_);
}

void Gateway::open_stream(Connection& connection, const AccessPtr& access, const StreamQuery& query,
                          const Renderer& renderer) {
  if (connection.is_head()) return connection.respond({200, std::string(StreamClient::kContentType), "", {}});
  auto stream = std::make_unique<StreamClient>(core_, connection, access);
  connection.set_user(stream.get());
  if (!access->anonymous) {
    EntityInfo info;
    info.entity_id = access->entity_id;
    info.entity_type = access->entity_type;
    auto there = presence_.presence().connected(connection.id(), info);
    if (!there) log_.warn("an entity is not in presence", {{"why", there.error().text}});
  }
  ++core_.counts.connections_total;
  stream->set_index(streams_.size());
  streams_.push_back(std::move(stream));
  if (auto opened = streams_.back()->open(renderer, query); !opened) {
    log_.warn("a stream was refused", {{"why", opened.error().text}});
  }
}

// ---- acknowledged consumers

void Gateway::ask_consumers(const v1::ConsumersRequest& request, OnAnswer done) {
  v1::Request body;
  *body.mutable_consumers() = request;
  control_->request(std::move(body), kConsumersTimeout, [done = std::move(done)](Result<v1::Response> answer) {
    if (!answer) return done(answer.error());
    if (!answer->has_consumers()) return done(Error{ErrorCode::kInternal, "the broker answered something else"});
    done(std::move(*answer->mutable_consumers()));
  });
}

void Gateway::tell_consumers_after(Duration delay) {
  consumers_timer_.expires_after(timer_duration(delay));
  consumers_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) consumers_.tell();
  });
}

// ---- revoked and expired tokens

void Gateway::ask_revocations(const v1::RevocationsRequest& request, OnPage done) {
  v1::Request body;
  *body.mutable_revocations() = request;
  control_->request(std::move(body), kRevocationsTimeout, [this, done = std::move(done)](Result<v1::Response> answer) {
    if (!answer) return done(answer.error());
    if (!answer->has_revocations()) return done(Error{ErrorCode::kInternal, "the broker answered something else"});
    done(answer->revocations());
    tell_ready();
  });
}

void Gateway::tell_revoked(const v1::RevokeRequest& request, OnRevoked done) {
  v1::Request body;
  *body.mutable_revoke() = request;
  control_->request(std::move(body), kRevocationsTimeout, [done = std::move(done)](Result<v1::Response> answer) {
    if (!answer) return done(answer.error());
    if (!answer->has_revoke()) return done(Error{ErrorCode::kInternal, "the broker answered something else"});
    done(answer->revoke());
  });
}

void Gateway::on_revoked(const v1::Delivered& delivered) {
  v1::Envelope event;
  if (!event.ParseFromString(delivered.envelope()) || !event.has_token_revoked()) return;
  v1::Revocation revocation;
  revocation.set_token_id(event.token_revoked().token_id());
  revocation.set_expires_us(event.token_revoked().expires_us());
  revocations_.on_event(revocation);
}

// Every client whose token has expired or was revoked is told and closed.
void Gateway::end_accesses() {
  const auto end = [this](auto& clients, Mode open) {
    for (const auto& client : clients) {
      if (client->connection().mode() != open) continue;  // on its way out
      const auto checked = auth_.check(client->access());
      if (checked) continue;
      ++accesses_ended_;
      client->access_ended(checked.error());
    }
  };
  end(sessions_, Mode::kWebSocket);
  end(streams_, Mode::kStream);
}

// ---- the stream

std::vector<v1::HistoryRequest> Gateway::wanted() const {
  std::vector<v1::HistoryRequest> requests;
  for (const OpeningRule& rule : opening_rules(limits_)) {
    v1::HistoryRequest& request = requests.emplace_back();
    *request.mutable_filter() = rule.filter.proto();
    request.set_limit(static_cast<std::uint32_t>(rule.events_max));
    request.set_newest(true);
  }
  return requests;
}

void Gateway::on_beginning(Beginning beginning) {
  hub_.start(beginning.base, beginning.head, beginning.ring);
  client_publisher_.on_stream(beginning.head);
  for (const EventPtr& event : beginning.ring) types_.saw(event->type());
  openings_.start(std::move(beginning.openings));
}

void Gateway::on_event(EventPtr event) {
  openings_.push(event);
  if (event->is_hole())
    revocations_.on_missed();
  else
    types_.saw(event->type());
  if (event->is_hole())
    presence_.presence().on_gap();
  else if (event->type() == "presence_changed" && topic_under(event->topic(), "presence"))
    presence_.presence().on_changed(event->seq().value, event->data());
  if (!event->is_hole() && topic_under(event->topic(), "presence.session"))
    attachments_.on_presence_changed(event->data());
  hub_.publish(std::move(event));
}

void Gateway::on_link_state(bool up) {
  if (!up) client_publisher_.on_stalled();
  revocations_.on_link(up);
  if (up) report();  // so that the broker lists a gateway as soon as it is ready
  tell_ready();
}

void Gateway::on_wake(Hub::Wake what) {
  if (what == Hub::Wake::kRun) return asio::post(io_, [this] { hub_.run(); });
  if (flush_armed_) return;
  flush_armed_ = true;
  if (const Duration delay = pacer_.delay(clock_.mono()); delay > Duration::zero()) return flush_later(delay);
  asio::post(io_, [this] { flush_now(); });
}

void Gateway::flush_later(Duration delay) {
  flush_timer_.expires_after(timer_duration(delay));
  flush_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) flush_now();
  });
}

void Gateway::flush_now() {
  flush_armed_ = false;
  const MonoTime begin = clock_.mono();
  hub_.flush();
  client_publisher_.on_stream(hub_.ring().newest());
  pacer_.flushed(begin, clock_.mono());
}

// ---- once a second

void Gateway::schedule_tick() {
  tick_timer_.expires_after(timer_duration(kTick));
  tick_timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    on_tick();
    schedule_tick();
  });
}

void Gateway::on_tick() {
  const MonoTime now = clock_.mono();
  hub_.on_tick();
  revocations_.on_tick();
  end_accesses();
  client_publisher_.on_tick();
  client_events_->on_tick();
  // Presence is ephemeral: what was lost of it is not repaired with the gap.
  if (std::exchange(gaps_seen_, link_->chain().gaps()) != link_->chain().gaps()) presence_.presence().on_gap();
  presence_.presence().on_tick();
  attachments_.on_tick();
  for (const auto& session : sessions_) session->on_tick(now);
  if (++ticks_ % kTicksPerReport == 0) report();
  tell_ready();
}

void Gateway::report() {
  if (!control_->connected()) return;
  v1::Request request;
  v1::GatewayReport& report = *request.mutable_report()->mutable_gateway();
  report.set_name(config_.name);
  report.set_incarnation(std::string(incarnation_.raw()));
  report.set_started_us(to_unix_us(core_.started));
  report.set_connections(open_clients());
  report.set_connections_total(core_.counts.connections_total);
  report.set_messages_sent(core_.counts.messages_sent + hub_.stats().deliveries);
  report.set_messages_received(core_.counts.messages_received);
  report.set_newest_seq(hub_.ring().newest().value);
  if (const unsigned port = config_.admin_listener_port(); port != 0) {
    const bool v6 = config_.admin_host.find(':') != std::string::npos;
    report.set_url("http://" + (v6 ? "[" + config_.admin_host + "]" : config_.admin_host) + ":" + std::to_string(port));
  }
  control_->request(std::move(request), std::chrono::seconds(2), [](Result<v1::Response>) {});
}

void Gateway::on_ready_change(std::function<void(bool, std::string)> handler) {
  ready_handler_ = std::move(handler);
  tell_ready();
}

void Gateway::tell_ready() {
  if (!ready_handler_) return;
  std::string why = draining_ ? "draining" : link_->why_down();
  if (why.empty() && !revocations_.current()) why = "revoked tokens: loading";
  if (why.empty() && !presence_.presence().loaded()) why = "presence: loading";
  ready_handler_(ready(), why);
}

// ---- the end

void Gateway::drain(std::function<void()> done) {
  if (draining_) return;
  draining_ = true;
  drained_ = std::move(done);
  api_->set_draining();
  client_publisher_.on_stalled();  // who waits is answered, while there is a connection
  server_->stop_listening();
  tell_ready();
  log_.info("draining", {{"clients", open_clients()}, {"window_ms", config_.drain.count()}});
  drain_until_ = clock_.mono() + config_.drain;
  drain_step_ = std::max<std::size_t>(1, open_clients() / 50);
  drain_some();
}

// A part of the clients at a time, so that they do not all come back to the next gateway in the same moment.
void Gateway::drain_some() {
  if (!drained_) return;
  if (clock_.mono() >= drain_until_) return end_drain();
  if (server_->connection_count() == 0 || open_clients() == 0) {
    // Not before the broker knows that they are gone: else they would be online for the rest of our lease.
    if (!std::exchange(told_gone_, true)) presence_.presence().announced([this] { end_drain(); });
  }
  std::size_t told = 0;
  server_->for_each([&](Connection& connection) {
    if (connection.mode() != Mode::kWebSocket && connection.mode() != Mode::kStream) return;
    if (told++ < drain_step_) connection.close(ws_close::kGoingAway, "the gateway is going away");
  });
  drain_timer_.expires_after(config_.drain / 100);
  drain_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) drain_some();
  });
}

void Gateway::end_drain() {
  if (drained_) asio::post(io_, std::exchange(drained_, nullptr));
}

}  // namespace cell0::gateway
