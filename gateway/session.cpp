#include "gateway/session.h"

#include <algorithm>

#include "gateway/history_reader.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

constexpr std::size_t kClientIdsShown = 100;
constexpr std::uint16_t kCloseUnauthenticated = 4001;  // dialects.md, "Authentication"
constexpr std::uint16_t kCloseTakenOver = 4009;        // of a consumer: another connection has it, or it is no more

}  // namespace

Session::Session(Core& core, Connection& connection, const Dialect& dialect, AccessPtr access)
    : Subscriber(connection),
      core_(core),
      dialect_(dialect),
      access_(std::move(access)),
      client_id_(core.ids.next()),
      next_ping_(core.clock.mono() + dialect.keep_alive().message_ping_every) {}

Session::~Session() {
  core_.hub.remove(*this);
  if (consuming_ != nullptr) core_.consumers.close(consuming_->id);
}

bool Session::open(const HttpRequest& request, std::string_view subprotocol, const StreamQuery& query) {
  std::string first;
  dialect_.reply(first, WelcomeReply{to_string(client_id_), core_.clock.wall()});
  const bool history = access_->may_some("history");
  if (history && !query.since) {
    const bool standard = query.filter.canonical() == core_.opening.filter().canonical();
    const auto events =
        standard ? core_.opening.events()
                 : core_.hub.newest(query.filter, core_.limits.opening_events, core_.limits.opening_scan_max);
    if (!events.empty()) dialect_.reply(first, HistoryReply{events, true});
  }
  if (!connection().accept_websocket(request, subprotocol, first)) return false;
  const KeepAlive keep_alive = dialect_.keep_alive();
  connection().set_keepalive(keep_alive.ping_after, keep_alive.close_after);
  if (!access_->may_some("subscribe")) return true;
  if (history) since_ = query.since;
  const auto subscribed = history && query.since ? core_.hub.resume(*this, dialect_, query.filter, *query.since,
                                                                    [this](const Resumed& resumed) {
                                                                      std::string frames;
                                                                      dialect_.resumed(frames, resumed);
                                                                      connection().send_reply(frames);
                                                                    })
                                                 : core_.hub.subscribe(*this, dialect_, query.filter);
  if (!subscribed) error(subscribed.error().text);
  return true;
}

void Session::on_text(std::string_view text) {
  ++core_.counts.messages_received;
  std::visit([this](const auto& command) { execute(command); }, dialect_.decode(text));
}

void Session::reply(const Reply& reply) {
  std::string frame;
  dialect_.reply(frame, reply);
  ++core_.counts.messages_sent;
  connection().send_reply(frame);
}

void Session::execute(const InvalidCommand& command) { error(command.text); }
void Session::execute(const EchoCommand& command) { reply(EchoReply{command.message}); }

void Session::execute(const PingCommand& command) {
  ++pongs_sent_;
  reply(PongReply{command.sequence.value_or(std::to_string(pongs_sent_)), core_.clock.wall(), to_string(client_id_)});
}

void Session::execute(const StatsCommand&) {
  StatsReply stats;
  stats.total_connections = core_.counts.connections_total;
  stats.connected_clients = core_.clients.open_clients();
  stats.messages_sent = core_.counts.messages_sent + core_.hub.stats().deliveries;
  stats.messages_received = core_.counts.messages_received;
  stats.start_time = core_.started;
  stats.client_ids = core_.clients.client_ids(kClientIdsShown);
  stats.gateway = core_.config.name;
  reply(stats);
}

void Session::execute(const AuthenticateCommand& command) {
  const std::string address = connection().peer_address();
  const MonoTime now = core_.clock.mono();
  auto access = core_.auth.verify(command.token);
  if (access) {
    access_ = std::move(access).value();
    return reply(AuthenticatedReply{access_->entity_id, access_->scopes.texts()});
  }
  const bool refused = core_.throttle.refuses(address, now);
  core_.throttle.failed(address, now);
  error(refused ? "too many wrong tokens from this address; try again in a minute" : access.error().text);
  connection().close(kCloseUnauthenticated, "not authenticated");
}

// ---- subscriptions

bool Session::add_name(v1::Filter& filter, const std::string& name, bool known_only) const {
  if (name == dialect_.default_name()) {
    filter.set_audience(dialect_.audience());
    return true;
  }
  const bool glob = !name.empty() && name.back() == '*';
  if (known_only && !glob && !core_.types.knows(name))
    return false;  // dialects.md section 1: unknown names are ignored
  filter.add_types(name);
  return true;
}

void Session::execute(const SubscribeCommand& command) {
  if (!access_->may_some("subscribe")) return error("this client may not subscribe");
  if (command.consumer) return consume(command);
  apply(filter_for(command));
}

v1::Filter Session::filter_for(const SubscribeCommand& command) const {
  v1::Filter filter;
  if (set() != nullptr) filter = set()->filter.proto();
  if (command.replace) {
    filter.clear_audience();
    filter.clear_types();
  }
  // A consumer comes back to whatever gateway, which may not have seen its types yet.
  for (const std::string& name : command.names) add_name(filter, name, !command.consumer);
  if (command.min_priority) filter.set_min_priority(*command.min_priority);
  if (command.sources) {
    filter.clear_sources();
    for (const std::string& source : *command.sources) filter.add_sources(source);
  }
  return filter;
}

// ---- acknowledged consumers

void Session::consume(const SubscribeCommand& command) {
  if (!access_->may_some("history")) return error("consumer: this client may not read history");
  if (consuming_ != nullptr) {
    if (!consuming_->open || consuming_->name != *command.consumer) {
      return error("consumer: this connection is \"" + consuming_->name + "\" already; use another connection");
    }
    return apply(filter_for(command));  // from where it stands
  }
  if (const auto filter = consumer_filter(command); !filter) return error(filter.error().text);
  if (core_.hub.ring().newest() == Seq{}) return error("consumer: this gateway is not ready yet; try again");
  consuming_ = std::make_unique<Consuming>();
  consuming_->name = *command.consumer;
  const Seq begin = command.since ? Seq{*command.since} : since_.value_or(core_.hub.ring().newest());
  consuming_->id = core_.consumers.open(access_->entity_id, *command.consumer, begin,
                                        {[this, command](Result<Consumers::Opened> opened) {
                                           if (opened) return on_consumer_opened(command, *opened);
                                           consuming_.reset();
                                           error("consumer: " + opened.error().text);
                                         },
                                         [this](const Error& why) {
                                           error("consumer: \"" + consuming_->name + "\": " + why.text);
                                           consuming_.reset();
                                           core_.hub.remove(*this);
                                           connection().close(kCloseTakenOver, why.text);
                                         }});
}

// It begins after its position, or where the client says that it is; one that came with ?since= is under way already.
void Session::on_consumer_opened(const SubscribeCommand& command, Consumers::Opened opened) {
  const auto filter = consumer_filter(command);
  if (!filter) {  // it has unsubscribed from everything meanwhile
    core_.consumers.close(consuming_->id);
    consuming_.reset();
    return error(filter.error().text);
  }
  consuming_->open = true;
  const bool under_way = since_ && !command.since && set() != nullptr;
  if (!under_way) core_.hub.remove(*this);
  core_.hub.keep_all(*this);
  reply(SubscribedReply{names_of(filter->proto()), consuming_->name, opened.position});
  const Seq since = command.since ? Seq{*command.since} : opened.position;
  const auto subscribed = under_way ? core_.hub.subscribe(*this, dialect_, *filter)
                                    : core_.hub.resume(*this, dialect_, *filter, since, [this](const Resumed& resumed) {
                                        std::string frames;
                                        dialect_.resumed(frames, resumed);
                                        connection().send_reply(frames);
                                      });
  if (!subscribed) error(subscribed.error().text);
}

Result<EventFilter> Session::consumer_filter(const SubscribeCommand& command) const {
  const v1::Filter filter = filter_for(command);
  if (filter.audience() == v1::AUDIENCE_ANY && filter.types().empty()) {
    return Error{ErrorCode::kInvalid, "event_types: none, and a consumer needs some"};
  }
  return EventFilter::create(filter);
}

void Session::execute(const AcknowledgeCommand& command) {
  if (consuming_ == nullptr || !consuming_->open) {
    return error("ack: this connection is no consumer; subscribe with \"ack\": true and a \"consumer\" first");
  }
  const std::uint64_t newest = core_.hub.ring().newest().value;
  if (command.seq > newest) {
    return error("ack: seq " + std::to_string(command.seq) + " is ahead of the newest event, " +
                 std::to_string(newest));
  }
  core_.consumers.acknowledge(consuming_->id, Seq{command.seq});
}

void Session::execute(const UnsubscribeCommand& command) {
  if (set() == nullptr) return reply(SubscribedReply{});
  v1::Filter filter = set()->filter.proto();
  auto& types = *filter.mutable_types();
  for (const std::string& name : command.names) {
    if (name == dialect_.default_name()) filter.clear_audience();
    types.erase(std::remove(types.begin(), types.end(), name), types.end());
  }
  apply(std::move(filter));
}

// An empty set of names is no subscription at all, not one to everything.
void Session::apply(v1::Filter filter) {
  if (filter.audience() == v1::AUDIENCE_ANY && filter.types().empty()) {
    core_.hub.remove(*this);
    return reply(SubscribedReply{});
  }
  const auto compiled = EventFilter::create(filter);
  if (!compiled) return error(compiled.error().text);
  if (auto subscribed = core_.hub.subscribe(*this, dialect_, *compiled); !subscribed) {
    return error(subscribed.error().text);
  }
  reply(SubscribedReply{names_of(set()->filter.proto())});
}

std::vector<std::string> Session::names_of(const v1::Filter& filter) const {
  std::vector<std::string> names;
  if (filter.audience() != v1::AUDIENCE_ANY) names.emplace_back(dialect_.default_name());
  names.insert(names.end(), filter.types().begin(), filter.types().end());
  return names;
}

// ---- history

void Session::execute(const HistoryCommand& command) {
  if (!access_->may_some("history")) return error("this client may not read history");
  if (questions_ == nullptr) questions_ = std::make_unique<Questions>();
  if (questions_->waiting.size() >= kQuestionsMax) {
    return error("too many get_history at once (at most " + std::to_string(kQuestionsMax) + ")");
  }
  questions_->waiting.push_back(command);
  if (questions_->waiting.size() == 1 && !questions_->answer) ask_history();
}

void Session::ask_history() {
  const HistoryCommand& question = questions_->waiting.front();
  const Seq newest = core_.hub.ring().newest();
  if (question.limit == 0 || newest == Seq{}) return on_history(v1::HistoryPage());
  v1::HistoryRequest request;
  if (question.type)
    request.mutable_filter()->add_types(*question.type);
  else
    request.mutable_filter()->set_audience(dialect_.audience());
  const auto limit_max = static_cast<std::int64_t>(core_.limits.history_limit_max);
  request.set_limit(static_cast<std::uint32_t>(std::min(question.limit, limit_max)));
  request.set_newest(!question.since && !question.since_time);
  request.set_since(question.since.value_or(0));
  if (question.since_time) request.set_since_time_us(to_unix_us(*question.since_time));
  request.set_through(newest.value);
  read_history(core_.history, request, core_.limits.history_bytes_max,
               [this, connection = ConnectionRef(connection())](Result<v1::HistoryPage> page) {
                 if (connection->user() == this) on_history(page);
               });
}

void Session::on_history(const Result<v1::HistoryPage>& page) {
  questions_->waiting.pop_front();
  if (!page) {
    error("history cannot be read now: " + page.error().text);
    return next_question();
  }
  std::vector<EventPtr> events;
  for (const v1::Delivered& delivered : page->events()) {
    if (auto event = Event::create(delivered)) events.push_back(std::move(event).value());
  }
  std::string frame;
  dialect_.reply(frame, HistoryReply{events, false});
  ++core_.counts.messages_sent;
  questions_->answer = BlobPtr::copy(frame);
  send_answer();
}

// A history may be larger than the queue for replies: it waits until the socket is idle and then is its only content.
void Session::send_answer() {
  if (!connection().idle() || connection().write_blob(questions_->answer) == 0) return;
  questions_->answer = BlobPtr();
  next_question();
}

void Session::next_question() {
  if (questions_->waiting.empty())
    questions_.reset();
  else
    ask_history();
}

void Session::on_writable() {
  if (questions_ != nullptr && questions_->answer) send_answer();
  if (connection().idle()) core_.hub.on_writable(*this);
}

void Session::on_tick(MonoTime now) {
  const auto every = dialect_.keep_alive().message_ping_every;
  if (every.count() == 0 || now < next_ping_) return;
  next_ping_ = now + every;
  // One that takes nothing is not given more to take.
  if (connection().idle()) reply(PingReply{++pings_sent_, core_.clock.wall()});
}

}  // namespace cell0::gateway
