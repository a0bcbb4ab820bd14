// Services on the broker's loop: requests, workers, replies and states come in here as they were sent; what Services
// decides goes out as answers, notices and events.
//
// A worker's answer is sent before what follows from it, so that it never has a call before it knows that it serves.
// Wills are events like any other: durable as their type says; what the intake cannot take now goes later. A state is
// answered once it is committed; until then a standby would still get the one before.
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/control/answers.h"
#include "broker/intake.h"
#include "broker/services.h"
#include "common/log.h"
#include "common/uuid.h"

namespace cell0::broker {

class ServiceDesk final : private ServiceOutput {
 public:
  // `start`, `warm`: as Services'. The references outlive it.
  ServiceDesk(asio::io_context& io, const Limits& limits, Seq start, bool warm, Intake& intake, Answers& answers,
              const Clock& clock, Random& random, Log& log);

  ~ServiceDesk() override { *alive_ = false; }
  ServiceDesk(const ServiceDesk&) = delete;
  ServiceDesk& operator=(const ServiceDesk&) = delete;

  void restore(const ServiceNote& note) { services_.restore(note); }

  // Each answers, now or later, or says why not.
  Result<void> take_worker(std::string_view peer, std::uint64_t id, const v1::WorkerRequest& request);
  Result<void> take_request(std::string_view peer, std::uint64_t id, v1::ServiceRequest request);
  Result<v1::ServiceReplyAnswer> take_reply(v1::ServiceReplyRequest request);
  // Nothing: answered later.
  Result<std::optional<v1::ServiceStateAnswer>> take_state(std::string_view peer, std::uint64_t id,
                                                           v1::ServiceStateRequest request);

  // A turn is over: `result` says whether it was committed.
  void settled(const Drafts& drafts, const Result<void>& result);
  void not_committed(const Notes& notes) { services_.not_committed(notes.services); }

  // About once a second.
  void tick();
  void stop() { timer_.cancel(); }

  const Services& services() const { return services_; }

 private:
  static constexpr std::size_t kWillsPerTurnMax = 4096;  // what others publish must not wait for more
  static constexpr std::size_t kStatesMax = 64;          // that wait for their commit

  struct Waiting {
    std::uint64_t turn = 0;
    std::string peer;
    std::uint64_t id = 0;
  };

  // ServiceOutput
  bool send(std::string_view peer, const v1::Response& notice) override;
  void answer(const Asker& asker, v1::ServiceAnswer answer) override;
  void fail(const Asker& asker, v1::Failure::Code code, const std::string& text) override;
  void publish_will(const std::string& envelope) override { wills_.push_back(envelope); }
  void note(std::string_view what, const std::string& service, const std::string& worker) override;

  template <typename Keys>
  Result<void> check_wills(const Keys& keys);
  void publish_wills();
  void done();
  void arm();

  Intake& intake_;
  Answers& answers_;
  const Clock& clock_;
  Log& log_;
  UuidGenerator ids_;
  Services services_;
  std::deque<std::string> wills_;  // to be published; bounded with the keys
  std::vector<Waiting> waiting_;   // states
  asio::steady_timer timer_;
  std::optional<MonoTime> armed_for_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for a timer that ended with the desk
};

}  // namespace cell0::broker
