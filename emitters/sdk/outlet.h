// Outlet: an emitter's connection to the broker, on the owner's loop; one class for each kind of delivery.
#pragma once

#include <asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/link/publisher.h"
#include "common/link/socket.h"
#include "common/random.h"

namespace cell0::emit {

struct OutletStats {
  link::PublishStats publish;  // acknowledged; of fire and forget only what is held, refused and dropped
  std::uint64_t sent = 0;      // fire and forget: handed to the network
  bool connected = false;
};

// One thread, the loop's.
class Outlet {
 public:
  virtual ~Outlet() = default;

  // As link::Publisher::publish_encoded.
  virtual Result<void> send(std::string envelope, link::OnPublished done, std::uint32_t priority) = 0;
  // Calls `done` when everything sent so far has gone its way.
  virtual void flush(std::function<void()> done) = 0;
  // Gives everything held kDropped.
  virtual void drop_all(const std::string& why) = 0;
  virtual OutletStats stats() const = 0;
};

struct OutletOptions {
  std::string name = {};        // of the program, for the broker's logs
  std::string emitter_id = {};  // REQUIRES: is_emitter_id
  std::uint64_t incarnation = 0;
  std::string endpoint = {};
  link::PublishLimits limits = {};
  link::WhenFull when_full = link::WhenFull::kRejectNew;
  Duration answer_timeout = std::chrono::seconds(5);
  std::function<void(bool connected)> on_state = {};  // may be empty
};

// On the broker's control socket. `control()` serves its owner for other requests too.
class AcknowledgedOutlet final : public Outlet {
 public:
  // kInvalid: the endpoint or the emitter_id. Uses, does not own: all references outlive it.
  static Result<std::unique_ptr<AcknowledgedOutlet>> create(asio::io_context& io, link::Context& context,
                                                            const Clock& clock, Random& random,
                                                            const OutletOptions& options);
  Result<void> send(std::string envelope, link::OnPublished done, std::uint32_t priority) override;
  void flush(std::function<void()> done) override { publisher_->flush(std::move(done)); }
  void drop_all(const std::string& why) override { publisher_->drop_all(why); }
  OutletStats stats() const override;
  link::ControlClient& control() { return *control_; }
  link::Publisher& publisher() { return *publisher_; }

 private:
  AcknowledgedOutlet() = default;
  std::unique_ptr<link::ControlClient> control_;
  std::unique_ptr<link::Publisher> publisher_;
};

// On the broker's ingest socket. Holds events until the broker listens: what a PUB sends before is lost without a
// trace. Its socket is an XPUB, a PUB that says who listens. Full, it refuses new events or drops the oldest.
class PubOutlet final : public Outlet {
 public:
  static Result<std::unique_ptr<PubOutlet>> create(asio::io_context& io, link::Context& context,
                                                   const OutletOptions& options);
  Result<void> send(std::string envelope, link::OnPublished done, std::uint32_t priority) override;
  void flush(std::function<void()> done) override;
  void drop_all(const std::string& why) override;
  OutletStats stats() const override;

 private:
  struct Held {
    std::string envelope;
    link::OnPublished done;
  };

  explicit PubOutlet(const OutletOptions& options) : options_(options) {}
  void on_subscription(std::string_view frame);
  void send_held();
  void send_now(Held event);
  bool has_room(std::size_t bytes) const;

  OutletOptions options_;
  std::unique_ptr<link::Socket> socket_;
  std::deque<Held> held_;
  std::vector<std::function<void()>> flushes_;
  OutletStats stats_;
};

}  // namespace cell0::emit
