#include "broker/broker.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cell0::broker {
namespace {

std::string new_boot_id(Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  random.fill(bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What is still unsent when the process ends may take so long.
constexpr std::chrono::milliseconds kLinger{300};

Result<std::unique_ptr<link::Socket>> bind_one(asio::io_context& io, link::Context& context, link::SocketType type,
                                               const char* key, const std::string& endpoint,
                                               const link::SocketOptions& options) {
  auto socket = link::Socket::create(io, context, type, options);
  if (!socket) return Error{socket.error().code, std::string(key) + ": " + socket.error().text};
  if (auto bound = (*socket)->bind(endpoint); !bound) {
    return Error{bound.error().code, std::string(key) + ": " + bound.error().text};
  }
  return socket;
}

PresenceBounds presence_bounds(const Limits& limits) {
  PresenceBounds bounds;
  bounds.gateways_max = limits.gateways_max;
  bounds.entities_max = limits.presence_entities_max;
  bounds.bytes_max = limits.presence_bytes_max;
  bounds.topics_max = limits.presence_topics_max;
  bounds.offline_max = limits.presence_offline_max;
  bounds.offline_kept = limits.presence_offline_kept;
  bounds.lease = limits.gateway_lease;
  bounds.tick = limits.heartbeat_interval;
  return bounds;
}

// REQUIRES: the ROUTER outlives it.
Answers::Send sender(link::Socket& router) {
  return [&router](std::string_view peer, std::string_view response) {
    const std::array<std::string_view, 2> frames{peer, response};
    return router.send(frames).ok();
  };
}

}  // namespace

// One broker per state directory: two would hand out the same seqs.
class Broker::StateLock {
 public:
  explicit StateLock(const std::filesystem::path& path)
      : fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~StateLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  StateLock(const StateLock&) = delete;
  StateLock& operator=(const StateLock&) = delete;

  static Result<std::unique_ptr<StateLock>> take(const std::filesystem::path& dir) {
    const std::filesystem::path path = dir / "broker.lock";
    auto lock = std::make_unique<StateLock>(path);
    if (lock->fd_ < 0) {
      return Error{ErrorCode::kInvalid, "state.dir: cannot open " + path.string() + ": " + std::strerror(errno)};
    }
    if (::flock(lock->fd_, LOCK_EX | LOCK_NB) != 0) {
      return Error{ErrorCode::kConflict, "state.dir: " + dir.string() + " is in use by another cell0-broker"};
    }
    return lock;
  }

 private:
  int fd_;
};

Result<Broker::Sockets> Broker::bind(asio::io_context& io, link::Context& context, const Settings& settings) {
  using link::SocketType;
  const Limits& limits = settings.limits;
  link::SocketOptions options;
  options.message_bytes_max = limits.message_bytes_max;
  Sockets sockets;

  options.queue_messages_max = limits.ingest_queue_messages_max;
  auto ingest = bind_one(io, context, SocketType::kXsub, "broker.ingest", settings.ingest, options);
  if (!ingest) return ingest.error();
  sockets.ingest = std::move(*ingest);

  options.linger = kLinger;
  options.io_thread = 1;  // one receives and answers while the other sends
  options.queue_messages_max = limits.fanout_queue_messages_max;
  auto fanout = bind_one(io, context, SocketType::kXpub, "broker.fanout", settings.fanout, options);
  if (!fanout) return fanout.error();
  sockets.fanout = std::move(*fanout);

  options.io_thread = 0;
  options.queue_messages_max = limits.control_queue_messages_max;
  auto control = bind_one(io, context, SocketType::kRouter, "broker.control", settings.control, options);
  if (!control) return control.error();
  sockets.control = std::move(*control);
  return sockets;
}

Result<Broker::LogParts> Broker::open_log(asio::io_context& io, const Settings& settings, const Clock& clock) {
  auto rules = RuleTable::create(settings.rules);
  if (!rules) return rules.error();
  auto lock = StateLock::take(settings.state_dir);
  if (!lock) return lock.error();
  const Limits& limits = settings.limits;
  LogSequencer::Options options;
  options.log.path = settings.state_dir / "log.db";
  options.log.keep = {limits.store_events_max, limits.store_bytes_max};
  options.log.notes = {limits.origins_max, limits.origin_idle_max, limits.keys_max, limits.key_age_max};
  options.log.machine = settings.machine;
  options.ballast = settings.state_dir / "log.ballast";
  options.ballast_bytes = limits.ballast_bytes;
  options.seq_block = limits.seq_block;
  options.trim_rows = limits.trim_records_per_slice;

  LogParts parts;
  std::error_code unknown;
  parts.first_run = !std::filesystem::exists(options.log.path, unknown) && !unknown;
  parts.lock = std::move(*lock);
  parts.rules = std::make_unique<const RuleTable>(std::move(*rules));
  parts.reserve = std::make_unique<SeqReserveFile>(settings.state_dir / "seq.reserve");
  parts.writer = std::make_unique<ThreadWorker>(io, "log-writer");
  parts.reader = std::make_unique<ThreadWorker>(io, "log-reader");
  auto sequencer = LogSequencer::create(std::move(options), *parts.rules, *parts.reserve, *parts.writer, clock);
  if (!sequencer) return Error{sequencer.error().code, "state.dir: " + sequencer.error().text};
  parts.sequencer = std::move(*sequencer);
  return parts;
}

Result<std::unique_ptr<Broker>> Broker::create(asio::io_context& io, link::Context& context, const Settings& settings,
                                               const Clock& clock, Random& random, Log& log) {
  auto sockets = bind(io, context, settings);
  if (!sockets) return sockets.error();
  auto log_parts = open_log(io, settings, clock);
  if (!log_parts) return log_parts.error();
  return std::unique_ptr<Broker>(
      new Broker(io, settings, std::move(*log_parts), std::move(*sockets), clock, random, log));
}

Broker::Broker(asio::io_context& io, const Settings& settings, LogParts log_parts, Sockets sockets, const Clock& clock,
               Random& random, Log& log)
    : limits_(settings.limits),
      clock_(clock),
      log_(log),
      failures_(std::chrono::seconds(1)),
      log_parts_(std::move(log_parts)),
      history_({settings.state_dir / "log.db", limits_.scan_records_per_slice, ""}, *log_parts_.rules,
               log_parts_.sequencer->holes(), *log_parts_.reader),
      chain_(log_parts_.sequencer->start(), new_boot_id(random)),
      topics_(*log_parts_.rules, limits_.topics_max),
      gateways_({limits_.gateways_max, limits_.gateway_lease, limits_.heartbeat_interval}, clock.mono()),
      consumers_({limits_.consumers_max, limits_.consumer_idle_min}),
      intake_(limits_, *log_parts_.rules, topics_, *log_parts_.sequencer, clock),
      presence_(presence_bounds(limits_), clock.mono(), !log_parts_.first_run),
      presence_events_(presence_, intake_, counters_, clock, random),
      ingest_endpoint_(sockets.ingest->bound_endpoint()),
      fanout_endpoint_(sockets.fanout->bound_endpoint()),
      control_endpoint_(sockets.control->bound_endpoint()),
      fanout_(std::move(sockets.fanout), chain_, counters_, clock),
      ingest_(std::move(sockets.ingest), intake_, limits_, counters_, clock, log),
      answers_(sender(*sockets.control), counters_),
      publish_desk_(limits_, intake_, answers_, counters_, clock, log),
      revocations_({limits_.revocations_max, limits_.revocations_page_max, limits_.token_id_bytes_max}),
      revocation_desk_(revocations_, intake_, answers_, clock, random),
      service_desk_(io, limits_, log_parts_.sequencer->start(), !log_parts_.first_run, intake_, answers_, clock, random,
                    log),
      history_desk_(limits_, history_, chain_, answers_, counters_),
      control_(std::move(sockets.control), answers_,
               {limits_, intake_, *log_parts_.sequencer, chain_, topics_, gateways_, counters_, clock, log,
                clock.wall(), publish_desk_, history_desk_, consumers_, answers_, presence_, presence_events_,
                revocation_desk_, service_desk_},
               counters_),
      tick_(io),
      commit_timer_(io),
      stop_timer_(io) {
  // Commit, then publish, then acknowledge.
  log_parts_.sequencer->on_committed([this](Drafts& committed) { fanout_.publish(committed); });
  log_parts_.sequencer->on_notice([this](const std::string& text) { log_.warn(text); });
  intake_.on_failed(
      [this](Drafts& failed, Drafts& gathered, const Error& error) { on_failed(failed, gathered, error); });
  intake_.on_settled([this](Drafts& drafts, const Result<void>& result) {
    publish_desk_.settled(drafts);
    revocation_desk_.settled(drafts, result);
    service_desk_.settled(drafts, result);
    presence_events_.publish();  // more of many
  });
  intake_.on_wait([this](Duration time) {
    commit_timer_.expires_after(time);
    commit_timer_.async_wait([this](const asio::error_code& error) {
      if (!error) intake_.waited();
    });
  });
  publish_desk_.fences([this](std::string_view service, std::uint64_t epoch) {
    const Services& services = service_desk_.services();
    if (services.holds(service, epoch)) return PublishDesk::FenceVerdict::kHolds;
    return services.may_return(epoch) ? PublishDesk::FenceVerdict::kNotYet : PublishDesk::FenceVerdict::kOver;
  });
  restore();
}

Broker::~Broker() {
  log_parts_.writer->stop();
  log_parts_.reader->stop();
}

// What earlier runs knew of their peers.
void Broker::restore() {
  const Restored& restored = log_parts_.sequencer->restored();
  for (const OriginNote& origin : restored.origins) {
    publish_desk_.restore_origin(origin.emitter_id, origin.incarnation, origin.last_n);
  }
  for (const Restored::Key& key : restored.keys) {
    publish_desk_.restore_key({key.note.entity, key.note.key, key.note.digest}, key.seq, key.note.at);
  }
  for (const ConsumerNote& consumer : restored.consumers) {
    consumers_.restore({consumer.entity, consumer.consumer}, consumer.seq, clock_.wall());
  }
  for (const RevocationNote& note : restored.revocations) revocations_.add(note.token_id, note.expires);
  for (const ServiceNote& note : restored.services) service_desk_.restore(note);
  log_parts_.sequencer->forget_restored();
}

void Broker::on_failed(Drafts& failed, Drafts& gathered, const Error& error) {
  if (const auto pass = failures_.admit(clock_.mono())) {
    log_.error("events could not be stored",
               {{"reason", error.text}, {"events", failed.size()}, {"suppressed", pass->suppressed}});
  }
  consumers_.not_committed(failed.notes.consumers);  // on_tick() tries again
  service_desk_.not_committed(failed.notes);
  publish_desk_.not_committed(failed, gathered, error);
}

void Broker::start() {
  fanout_.start();
  ingest_.start();
  control_.start();
  arm_tick();
}

void Broker::arm_tick() {
  tick_.expires_after(limits_.heartbeat_interval);
  tick_.async_wait([this](const asio::error_code& error) {
    if (!error) on_tick();
  });
}

void Broker::on_tick() {
  fanout_.heartbeat();
  arm_tick();
  if (stopping_) return;
  expire();
  consumers_.take_notes(intake_.notes().consumers);
  intake_.commit();
}

void Broker::expire() {
  log_parts_.sequencer->keep_house();
  publish_desk_.drop_idle();
  revocations_.expire(clock_.wall());
  for (const std::string& name : gateways_.expire(clock_.mono())) {
    log_.warn("gateway: gone, its lease is over", {{"name", name}});
  }
  presence_.tick(clock_.mono());
  presence_events_.publish();
  service_desk_.tick();
}

void Broker::stop(std::function<void()> done) {
  stopping_ = true;
  ingest_.stop();
  control_.stop_taking();
  history_desk_.close();
  service_desk_.stop();
  consumers_.take_notes(intake_.notes().consumers);
  intake_.commit();
  stop_when_settled(clock_.mono() + limits_.stop_within, std::move(done));
}

void Broker::stop_when_settled(MonoTime deadline, std::function<void()> done) {
  if (intake_.idle() && !closing_) {
    closing_ = true;
    log_parts_.sequencer->close([this] { closed_ = true; });
  }
  if (closed_ || clock_.mono() >= deadline) return done();
  stop_timer_.expires_after(std::chrono::milliseconds(5));
  stop_timer_.async_wait([this, deadline, done = std::move(done)](const asio::error_code& error) mutable {
    if (!error) stop_when_settled(deadline, std::move(done));
  });
}

std::string Broker::not_ready() const {
  if (stopping_) return "stopping";
  const std::string trouble = log_parts_.sequencer->trouble();
  return trouble.empty() ? "" : "log: " + trouble;
}

Broker::Figures Broker::figures() const {
  return {stats_of(control_.parts()),
          publish_desk_.origins(),
          topics_.size(),
          history_desk_.size(),
          ingest_.oversize_messages() + control_.oversize_messages(),
          log_parts_.sequencer->figures(),
          log_parts_.sequencer->holes().size(),
          presence_.figures(),
          service_desk_.services().figures()};
}

}  // namespace cell0::broker
