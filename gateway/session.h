// One WebSocket client: what it is subscribed to, who it is, and what it has under way. It has its text decoded by its
// dialect and hands each request to its command (gateway/commands/), which checks and does it; what a dialect looks
// like is the dialect's business, how bytes travel the transport's, who gets which event the hub's.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "common/uuid.h"
#include "gateway/attachments.h"
#include "gateway/audio_session.h"
#include "gateway/commands/call.h"
#include "gateway/core.h"
#include "gateway/dialects/dialect.h"
#include "gateway/http/query.h"
#include "gateway/subscriber.h"
#include "gateway/subscriptions.h"

namespace cell0::gateway {

class Session final : public Client {
 public:
  // Questions to history of one client that wait for an answer, and other requests that do; then Fault::kRate.
  static constexpr std::size_t kQuestionsMax = 16;
  static constexpr std::size_t kOpenMax = 256;
  static constexpr std::size_t kSubscriptionsMax = 256;  // beside the main one

  // What else its request says, of a dialect whose clients are counted (Manners::counts_clients).
  struct Place {
    std::shared_ptr<const Dialect> dialect;  // kept as long as the session
    std::string channel;                     // that the path names; "": none
    std::string counted_topic;               // of which it is a subscriber already, for Presence
    std::uint64_t clients = 0;               // that there are, on all gateways
  };

  Session(Core& core, Connection& connection, const Dialect& dialect, AccessPtr access,
          std::unique_ptr<const Place> place = nullptr);
  ~Session() override;

  // Accepts the upgrade: welcome and opening history leave with the 101. False: the client has its answer already.
  bool open(const HttpRequest& request, std::string_view subprotocol, const StreamQuery& query);

  // The client can be answered from now on: does what its URL asks. Call it once, after open().
  void begin(const StreamQuery& query);

  void on_text(std::string_view text);
  void on_binary(std::string_view bytes);
  void on_writable();
  // About once a second: the dialect's own ping.
  void on_tick(MonoTime now);

  // Its token has expired or was revoked: says so, and closes with 4001.
  void access_ended(const Error& why);

  const Uuid& client_id() const { return client_id_; }
  const Dialect& dialect() const { return dialect_; }
  const Access& access() const { return *access_; }
  const AccessPtr& access_ptr() const { return access_; }
  const std::string& entity_id() const { return access_->entity_id; }
  std::string session_id() const;  // "sess_..."
  WallTime connected_at() const { return connected_at_; }
  WallTime last_message() const { return last_message_; }
  Subscriptions& subscriptions() { return subscriptions_; }
  const Subscriptions& subscriptions() const { return subscriptions_; }
  // Its name as an acknowledged consumer; empty: it is none.
  std::string consumer() const { return consuming_ != nullptr && consuming_->open ? consuming_->name : std::string(); }

  // ---- for its commands

  // It has shown a token, and is there from now on as what it says of itself (entity_id and entity_type are the
  // access's). kInvalid, kTooLarge: it says something that is wrong; then nothing has changed.
  Result<void> authenticated(AccessPtr access, EntityInfo info);

  void send(const ReplyContext& context, const Reply& reply);
  void send_unasked(const Reply& reply) { send({}, reply); }
  void send_resumed(const Renderer& renderer, const Resumed& resumed);

  // A question to history: one is under way at a time, and its answer may be larger than the queue for replies.
  struct Question {
    ReplyContext context;
    v1::HistoryRequest request;  // without `through`
    std::function<Reply(const std::vector<EventPtr>& events, const v1::HistoryPage& page)> reply;
  };
  void ask_history(Question question);

  // A request that is answered later: false, and it has its error, if there are too many.
  bool begin_open(const Call& call);
  void end_open() { --open_; }
  std::uint32_t count_pong() { return ++pongs_sent_; }

  // The client as an acknowledged consumer of its main subscription, or of its inbox.
  struct Consuming {
    std::string name;
    Consumers::Id id = 0;
    bool open = false;
  };
  std::unique_ptr<Consuming>& consuming() { return consuming_; }
  std::unique_ptr<Consuming>& inbox() { return inbox_; }
  std::optional<Seq> since() const { return since_; }

  // An orchestrator's session that ends with the connection. REQUIRES: attached() is bounded by the caller.
  void attach(const std::string& session_id);
  std::size_t attached() const { return attached_.size(); }

  // Null: it has none open.
  std::unique_ptr<AudioSession>& audio() { return audio_; }

  // The request whose resume waits for history. Another one in its place answers it.
  void set_resuming(std::optional<Call> call);
  void resumed(const Resumed& found);
  void resume_failed(const Error& error);

 private:
  struct Questions {
    std::deque<Question> waiting;  // the first is under way
    BlobPtr answer;                // until the socket takes it
  };

  std::vector<EventPtr> opening(const StreamQuery& query, const EventFilter& filter) const;
  std::string first_frames(std::vector<EventPtr> opening) const;
  void take(Decoded decoded);
  void execute_one(Request request);
  void open_stream(const EventFilter& filter);
  void follow_access();
  void ask_next();
  void on_history(const Result<v1::HistoryPage>& page);
  void send_answer();
  void next_question();

  Core& core_;
  const Dialect& dialect_;
  AccessPtr access_;
  const std::unique_ptr<const Place> place_;  // few have one
  Uuid client_id_;
  WallTime connected_at_;
  WallTime last_message_;
  Subscriptions subscriptions_;
  std::unique_ptr<v1::Filter> asked_;     // by its URL, of a dialect that has no message to subscribe with
  std::unique_ptr<Questions> questions_;  // only while there are any: an idle client should cost little
  std::unique_ptr<Consuming> consuming_;
  std::unique_ptr<Consuming> inbox_;
  std::unique_ptr<AudioSession> audio_;
  std::unique_ptr<const Call> resuming_;
  std::vector<Attachments::Id> attached_;
  std::optional<Seq> since_;  // where the client said that it stands when it connected
  MonoTime next_ping_;
  std::uint32_t pings_sent_ = 0;
  std::uint32_t pongs_sent_ = 0;
  std::uint32_t open_ = 0;
};

}  // namespace cell0::gateway
