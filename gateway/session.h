// One WebSocket client: decodes what it asks, checks that it may, does it, answers. What a dialect looks like is the
// dialect's business, how bytes travel the transport's, who gets which event the hub's.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include "common/uuid.h"
#include "gateway/core.h"
#include "gateway/dialects/dialect.h"
#include "gateway/http/query.h"
#include "gateway/subscriber.h"

namespace cell0::gateway {

class Session final : public Subscriber {
 public:
  static constexpr std::size_t kQuestionsMax = 16;  // get_history of one client that wait for an answer; then an error

  Session(Core& core, Connection& connection, const Dialect& dialect, AccessPtr access);
  ~Session() override;

  // Accepts the upgrade: welcome and opening history leave with the 101. False: the client has its answer already.
  bool open(const HttpRequest& request, std::string_view subprotocol, const StreamQuery& query);

  void on_text(std::string_view text);
  void on_writable();
  // About once a second: the dialect's own ping.
  void on_tick(MonoTime now);

  const Uuid& client_id() const { return client_id_; }
  const Dialect& dialect() const { return dialect_; }
  const std::string& entity_id() const { return access_->entity_id; }
  // Its name as an acknowledged consumer; empty: it is none.
  std::string consumer() const { return consuming_ != nullptr && consuming_->open ? consuming_->name : std::string(); }

 private:
  struct Questions {
    std::deque<HistoryCommand> waiting;  // the first is under way
    BlobPtr answer;                      // too large for the reply queue: until the socket takes it
  };

  // The client as an acknowledged consumer.
  struct Consuming {
    std::string name;
    Consumers::Id id = 0;
    bool open = false;
  };

  void execute(const SubscribeCommand& command);
  void execute(const AcknowledgeCommand& command);
  void execute(const UnsubscribeCommand& command);
  void execute(const PingCommand& command);
  void execute(const HistoryCommand& command);
  void execute(const StatsCommand& command);
  void execute(const EchoCommand& command);
  void execute(const AuthenticateCommand& command);
  void execute(const InvalidCommand& command);

  void reply(const Reply& reply);
  void error(std::string text) { reply(ErrorReply{std::move(text)}); }
  void consume(const SubscribeCommand& command);
  void on_consumer_opened(const SubscribeCommand& command, Consumers::Opened opened);
  v1::Filter filter_for(const SubscribeCommand& command) const;
  Result<EventFilter> consumer_filter(const SubscribeCommand& command) const;
  void apply(v1::Filter filter);
  std::vector<std::string> names_of(const v1::Filter& filter) const;
  bool add_name(v1::Filter& filter, const std::string& name, bool known_only) const;
  void ask_history();
  void on_history(const Result<v1::HistoryPage>& page);
  void send_answer();
  void next_question();

  Core& core_;
  const Dialect& dialect_;
  AccessPtr access_;
  Uuid client_id_;
  std::unique_ptr<Questions> questions_;  // only while there are any: an idle client should cost little
  std::unique_ptr<Consuming> consuming_;
  std::optional<Seq> since_;  // where the client said that it stands when it connected
  MonoTime next_ping_;
  std::uint32_t pings_sent_ = 0;
  std::uint32_t pongs_sent_ = 0;
};

}  // namespace cell0::gateway
