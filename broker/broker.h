// The broker: its parts, put together on one loop. What it does stands in the parts; here is who knows whom.
//
//   ingest (XSUB) ─┐
//                  ├─▶ intake ─▶ sequencer ─▶ fanout (XPUB)
//   control (ROUTER) ─▶ publish desk ─┘  │       └▶ answers
//                    │                   ▼
//                    └▶ history desk ◀─ log
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
#include "broker/log/log_history.h"
#include "broker/log/log_sequencer.h"
#include "broker/log/thread_worker.h"
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
  std::string machine;  // changes when the machine is started anew (RunMarks)
};

class Broker {
 public:
  // Takes the state directory, opens the log, reserves seqs and binds the sockets; nothing is read yet. kConflict: an
  // address is in use, or another broker has the state directory; kInvalid: a setting, or a file that is damaged or
  // cannot be written; the text names it. The references outlive it.
  static Result<std::unique_ptr<Broker>> create(asio::io_context& io, link::Context& context, const Settings& settings,
                                                const Clock& clock, Random& random, Log& log);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void start();

  // Takes nothing more, publishes and answers what is in hand, closes the log, then calls `done`; what is still in hand
  // after Limits::stop_within is left, and the log with it. A broker that is destroyed without this has crashed.
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
    LogFigures log;
    std::size_t holes = 0;
    Presence::Figures presence;
    Services::Figures services;
  };
  Figures figures() const;
  // How long each commit took, and how many events it had.
  void on_commit_measured(std::function<void(Duration took, std::size_t events)> handler) {
    log_parts_.sequencer->on_commit_measured(std::move(handler));
  }
  const Counters& counters() const { return counters_; }
  const Limits& limits() const { return limits_; }

 private:
  struct Sockets {
    std::unique_ptr<link::Socket> ingest, fanout, control;
  };
  class StateLock;
  struct LogParts {
    bool first_run = false;  // there was no log
    std::unique_ptr<StateLock> lock;
    std::unique_ptr<const RuleTable> rules;
    std::unique_ptr<SeqReserveFile> reserve;
    std::unique_ptr<ThreadWorker> writer, reader;
    std::unique_ptr<LogSequencer> sequencer;
  };

  Broker(asio::io_context& io, const Settings& settings, LogParts log_parts, Sockets sockets, const Clock& clock,
         Random& random, Log& log);
  static Result<LogParts> open_log(asio::io_context& io, const Settings& settings, const Clock& clock);
  static Result<Sockets> bind(asio::io_context& io, link::Context& context, const Settings& settings);
  void on_tick();
  void arm_tick();
  void expire();
  void restore();
  void on_failed(Drafts& failed, Drafts& gathered, const Error& error);
  void stop_when_settled(MonoTime deadline, std::function<void()> done);

  // In the order of their needs: each uses only what stands above it.
  Limits limits_;
  const Clock& clock_;
  Log& log_;
  Counters counters_;
  LogThrottle failures_;
  LogParts log_parts_;
  LogHistory history_;
  Chain chain_;
  Topics topics_;
  Gateways gateways_;
  Consumers consumers_;
  Intake intake_;
  Presence presence_;
  PresenceEvents presence_events_;
  std::string ingest_endpoint_, fanout_endpoint_, control_endpoint_;
  Fanout fanout_;
  Ingest ingest_;
  Answers answers_;
  PublishDesk publish_desk_;
  Revocations revocations_;
  RevocationDesk revocation_desk_;
  ServiceDesk service_desk_;
  HistoryDesk history_desk_;
  Control control_;
  asio::steady_timer tick_;
  asio::steady_timer commit_timer_;
  asio::steady_timer stop_timer_;
  bool stopping_ = false;
  bool closing_ = false;  // the log
  bool closed_ = false;
};

}  // namespace cell0::broker
