// The broker: its parts, put together on one loop. What it does stands in the parts; here is who knows whom.
//
//   ingest (XSUB) ─┐
//                  ├─▶ intake ─▶ sequencer ─▶ fanout (XPUB)
//   control (ROUTER) ─▶ publish desk ─┘          └▶ answers
//                    └▶ history desk ◀─ store
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "broker/control.h"
#include "broker/fanout.h"
#include "broker/ingest.h"
#include "broker/memory_history.h"
#include "broker/memory_sequencer.h"
#include "broker/settings.h"
#include "common/link/socket.h"
#include "common/random.h"

namespace cell0::broker {

struct Settings {
  std::string ingest;  // ZeroMQ endpoints to bind; tcp port 0 (or *) takes any
  std::string fanout;
  std::string control;
  std::filesystem::path state_dir;  // there, and writable
  Limits limits;
  std::vector<Rule> rules;
};

class Broker {
 public:
  // Takes the state directory, reserves seqs and binds the sockets; nothing is read yet. kConflict: an address is in
  // use, or another broker has the state directory; kInvalid: a setting, or a damaged file; the text names the key.
  // The references outlive it.
  static Result<std::unique_ptr<Broker>> create(asio::io_context& io, link::Context& context, const Settings& settings,
                                                const Clock& clock, Random& random, Log& log);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void start();

  // Takes nothing more, publishes and answers what is in hand, then calls `done`, at the latest after
  // Limits::stop_within.
  void stop(std::function<void()> done);

  // Why it is not ready to take events; empty: it is.
  std::string not_ready() const;

  // What it is bound to, ports filled in.
  std::string ingest_endpoint() const { return ingest_endpoint_; }
  std::string fanout_endpoint() const { return fanout_endpoint_; }
  std::string control_endpoint() const { return control_endpoint_; }

  // For the admin listener.
  struct Figures {
    v1::StatsAnswer stats;
    std::size_t origins = 0;
    std::size_t topics = 0;
    std::size_t open_histories = 0;
    std::uint64_t oversize_messages = 0;
  };
  Figures figures() const;
  const Counters& counters() const { return counters_; }
  const Limits& limits() const { return limits_; }

 private:
  struct Sockets {
    std::unique_ptr<link::Socket> ingest, fanout, control;
  };
  class StateLock;

  Broker(asio::io_context& io, const Settings& settings, RuleTable rules, std::unique_ptr<StateLock> lock,
         std::unique_ptr<SeqReserveFile> reserve, SeqSource seqs, Sockets sockets, const Clock& clock, Random& random,
         Log& log);
  static Result<Sockets> bind(asio::io_context& io, link::Context& context, const Settings& settings);
  void on_tick();
  void arm_tick();
  void expire();
  void stop_when_settled(MonoTime deadline, std::function<void()> done);

  // In the order of their needs: each uses only what stands above it.
  Limits limits_;
  const Clock& clock_;
  Log& log_;
  Counters counters_;
  RuleTable rules_;
  std::unique_ptr<StateLock> lock_;
  std::unique_ptr<SeqReserveFile> reserve_;
  SeqSource seqs_;
  Store store_;
  MemorySequencer sequencer_;
  MemoryHistory history_;
  Chain chain_;
  Topics topics_;
  Gateways gateways_;
  Consumers consumers_;
  Intake intake_;
  std::string ingest_endpoint_, fanout_endpoint_, control_endpoint_;
  Fanout fanout_;
  Ingest ingest_;
  Answers answers_;
  PublishDesk publish_desk_;
  HistoryDesk history_desk_;
  Control control_;
  asio::steady_timer tick_;
  asio::steady_timer stop_timer_;
  bool stopping_ = false;
};

}  // namespace cell0::broker
