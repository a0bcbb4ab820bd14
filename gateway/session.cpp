#include "gateway/session.h"

#include "gateway/commands/execute.h"
#include "gateway/commands/inbox.h"
#include "gateway/commands/permissions.h"
#include "gateway/history_reader.h"

namespace cell0::gateway {

Session::Session(Core& core, Connection& connection, const Dialect& dialect, AccessPtr access,
                 std::unique_ptr<const Place> place)
    : Client(connection),
      core_(core),
      dialect_(dialect),
      access_(std::move(access)),
      place_(std::move(place)),
      client_id_(core.ids.next()),
      connected_at_(core.clock.wall()),
      last_message_(connected_at_),
      subscriptions_(core.hub, connection),
      next_ping_(core.clock.mono() + dialect.keep_alive().message_ping_every) {}

Session::~Session() {
  if (connection().user() == this) connection().set_user(nullptr);  // no reply to it any more
  for (const std::string& topic : subscriptions_.names()) {
    if (is_channel_topic(topic)) core_.presence.unsubscribed(topic);
  }
  if (place_ != nullptr) core_.presence.unsubscribed(place_->counted_topic);
  for (const Attachments::Id id : attached_) core_.attachments->end(id);
  if (consuming_ != nullptr) core_.consumers.close(consuming_->id);
  if (inbox_ != nullptr) core_.consumers.close(inbox_->id);
}

std::string Session::session_id() const {
  std::string id = "sess_" + to_string(client_id_);
  std::erase(id, '-');
  return id;
}

// ---- the beginning

bool Session::open(const HttpRequest& request, std::string_view subprotocol, const StreamQuery& query) {
  const Manners manners = dialect_.manners();
  const v1::Filter& asked = query.filter.proto();
  const bool names_some = !asked.types().empty() || !asked.topics().empty();
  const bool streams = manners.streams_unasked || (manners.streams_if_asked && names_some);
  const auto past = visible(*access_, query.filter.proto(), true);
  const std::string first = first_frames(streams && past ? opening(query, *past) : std::vector<EventPtr>());
  WebSocketOptions options;
  if (dialect_.manners().large_messages) {
    options.message_bytes_max = static_cast<std::uint32_t>(core_.limits.jsonrpc_message_bytes_max);
    // Where a client may do nothing before it has shown a token, it may not make us inflate either.
    options.deflate = !access_->anonymous || !access_->scopes.empty();
  }
  if (!connection().accept_websocket(request, subprotocol, first, options)) return false;
  const KeepAlive keep_alive = dialect_.keep_alive();
  connection().set_keepalive(keep_alive.ping_after, keep_alive.close_after);
  if (!access_->anonymous) {
    if (auto there = authenticated(access_, {}); !there) send_unasked(error_reply(there.error()));
    if (dialect_.manners().has_inbox) open_inbox(core_, *this);
  }
  if (!streams) return true;
  if (!dialect_.manners().subscribes) asked_ = std::make_unique<v1::Filter>(query.filter.proto());
  if (past) since_ = query.since;
  if (const auto live = since_ ? past : visible(*access_, query.filter.proto(), false)) open_stream(*live);
  return true;
}

std::vector<EventPtr> Session::opening(const StreamQuery& query, const EventFilter& filter) const {
  const OpeningWindow* window = core_.openings.find(dialect_.audience());
  if (query.since || window == nullptr) return {};
  const auto shown = window->narrowed(filter);
  if (!shown) return {};
  const bool standard = shown->canonical() == window->filter().canonical();
  if (standard && !dialect_.manners().shows_some) return window->events();
  auto newest = core_.hub.newest(*shown, window->events_max(), core_.limits.opening_scan_max,
                                 [this](const Event& event) { return dialect_.shows(event); });
  auto held = window->admitted(*shown);  // perhaps from before the ring
  return held.size() > newest.size() ? held : newest;
}

std::string Session::first_frames(std::vector<EventPtr> opening) const {
  const bool apart = !dialect_.manners().opens_in_welcome;
  std::string frames;
  WelcomeReply welcome{to_string(client_id_), connected_at_};
  if (place_ != nullptr) {
    welcome.channel = place_->channel;
    welcome.clients = place_->clients;
  }
  if (!apart) welcome.opening = std::move(opening);
  dialect_.reply(frames, {}, welcome);
  if (apart && !opening.empty()) dialect_.reply(frames, {}, HistoryReply{opening, true});
  return frames;
}

void Session::open_stream(const EventFilter& filter) {
  const auto subscribed = since_ ? core_.hub.resume(subscriptions_.events(), dialect_, filter, *since_,
                                                    [this](const Resumed& resumed) { send_resumed(dialect_, resumed); })
                                 : core_.hub.subscribe(subscriptions_.events(), dialect_, filter);
  if (!subscribed) send_unasked(error_reply(subscribed.error()));
}

Result<void> Session::authenticated(AccessPtr access, EntityInfo info) {
  info.entity_id = access->entity_id;
  info.entity_type = access->entity_type;
  info.session_id = session_id();
  if (auto there = core_.presence.connected(connection().id(), info); !there) return there.error();
  access_ = std::move(access);
  follow_access();
  return {};
}

// Where no message subscribes, the stream of its URL is what the token of now may see of it.
void Session::follow_access() {
  if (asked_ == nullptr) return;
  const auto live = visible(*access_, *asked_, false);
  if (!live) return core_.hub.remove(subscriptions_.events());
  if (auto subscribed = core_.hub.subscribe(subscriptions_.events(), dialect_, *live); !subscribed) {
    send_unasked(error_reply(subscribed.error()));
  }
}

// ---- requests

void Session::begin(const StreamQuery& query) {
  for (Request& request : dialect_.requests_of_url(query.filter.proto(), query.since)) execute_one(std::move(request));
}

void Session::on_text(std::string_view text) { take(dialect_.decode(text)); }
void Session::on_binary(std::string_view bytes) { take(dialect_.decode_binary(bytes)); }

void Session::take(Decoded decoded) {
  ++core_.counts.messages_received;
  last_message_ = core_.clock.wall();
  if (decoded.is_batch) ++core_.counts.batches;
  for (Request& request : decoded.requests) {
    ++(request.context.silent ? core_.counts.notifications : core_.counts.requests);
    execute_one(std::move(request));
  }
}

void Session::execute_one(Request request) {
  const Call call(core_, *this, std::move(request.context));
  if (auto checked = core_.auth.check(*access_); !checked) return access_ended(checked.error());
  if (auto permitted = permit(*access_, request.command); !permitted) return call.fail(permitted.error());
  std::visit([&](const auto& command) { execute(call, command); }, request.command);
}

bool Session::begin_open(const Call& call) {
  if (open_ >= kOpenMax) {
    call.fail(Fault::kRate, "too many requests at once (at most " + std::to_string(kOpenMax) + " of one connection)");
    return false;
  }
  ++open_;
  return true;
}

void Session::set_resuming(std::optional<Call> call) {
  auto now = call ? std::make_unique<const Call>(std::move(*call)) : nullptr;
  const auto before = std::exchange(resuming_, std::move(now));
  if (before) before->fail(Fault::kInvalidState, "another subscription has taken its place");
}

void Session::resumed(const Resumed& found) {
  const auto call = std::exchange(resuming_, nullptr);
  if (call) call->reply(FollowingReply{found});
}

void Session::resume_failed(const Error& error) {
  const auto call = std::exchange(resuming_, nullptr);
  if (call) call->fail(error);
}

void Session::attach(const std::string& session_id) { attached_.push_back(core_.attachments->attach(session_id)); }

// ---- output

void Session::send(const ReplyContext& context, const Reply& reply) {
  std::string frame;
  if (const auto* error = std::get_if<ErrorReply>(&reply)) {
    ++core_.counts.errors;
    ErrorReply told = *error;
    told.time = core_.clock.wall();
    dialect_.reply(frame, context, told);
  } else {
    dialect_.reply(frame, context, reply);
  }
  if (frame.empty()) return;
  ++core_.counts.messages_sent;
  connection().send_reply(frame);
}

void Session::send_resumed(const Renderer& renderer, const Resumed& resumed) {
  std::string frame;
  renderer.resumed(frame, resumed);
  connection().send_reply(frame);
}

void Session::access_ended(const Error& why) {
  send_unasked(ErrorReply{why.text, fault_of(why.code)});
  connection().close(kCloseAccessEnded, why.text);
}

void Session::on_writable() {
  if (questions_ != nullptr && questions_->answer) send_answer();
  subscriptions_.on_writable();
}

void Session::on_tick(MonoTime now) {
  const auto every = dialect_.keep_alive().message_ping_every;
  if (every.count() == 0 || now < next_ping_) return;
  next_ping_ = now + every;
  // One that takes nothing is not given more to take.
  if (connection().idle()) send_unasked(PingReply{++pings_sent_, core_.clock.wall()});
}

// ---- questions to history

void Session::ask_history(Question question) {
  if (questions_ == nullptr) questions_ = std::make_unique<Questions>();
  if (questions_->waiting.size() >= kQuestionsMax) {
    return send(question.context,
                ErrorReply{"too many questions to history at once (at most " + std::to_string(kQuestionsMax) + ")",
                           Fault::kRate});
  }
  questions_->waiting.push_back(std::move(question));
  if (questions_->waiting.size() == 1 && !questions_->answer) ask_next();
}

void Session::ask_next() {
  Question& question = questions_->waiting.front();
  const Seq newest = core_.hub.ring().newest();
  if (question.request.limit() == 0) return on_history(v1::HistoryPage());
  question.request.set_through(newest.value);  // 0: nothing came yet, perhaps for want of a broker, which the answer says
  read_history(core_.history, question.request, core_.limits.history_bytes_max,
               [this, connection = ConnectionRef(connection())](Result<v1::HistoryPage> page) {
                 if (connection->user() == this) on_history(page);
               });
}

void Session::on_history(const Result<v1::HistoryPage>& page) {
  const Question question = std::move(questions_->waiting.front());
  questions_->waiting.pop_front();
  if (!page) {
    const ErrorCode code = page.error().code;
    const char* why = code == ErrorCode::kInvalid ? "" : "history cannot be read now: ";
    send(question.context, ErrorReply{why + page.error().text, fault_of(code)});
    return next_question();
  }
  std::string frame;
  dialect_.reply(frame, question.context, question.reply(events_of(*page), *page));
  if (frame.empty()) return next_question();
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
    ask_next();
}

}  // namespace cell0::gateway
