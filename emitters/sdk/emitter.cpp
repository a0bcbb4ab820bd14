#include "emitters/sdk/emitter.h"

#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "common/event_check.h"
#include "common/event_schema.h"
#include "emitters/sdk/envelope_stamp.h"
#include "emitters/sdk/outlet.h"

namespace cell0::emit {

std::string default_emitter_id(std::string_view name) {
  constexpr std::size_t kBytesMax = 64;
  char host[65] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  std::string id = (std::string(name) + "." + host).substr(0, kBytesMax);
  for (char& c : id) {
    if (!is_emitter_id(std::string_view(&c, 1))) c = '-';
  }
  return id;
}

// Callers' threads put encoded events into the inbox; the loop's thread takes them to the outlet. The mutex guards the
// inbox, the stamp and the counts; it is never held while a handler runs.
class Emitter::Impl {
 public:
  explicit Impl(EmitterOptions options)
      : options_(std::move(options)),
        stamp_(clock_, random_, options_.source.empty() ? options_.name : options_.source),
        incarnation_(link::new_incarnation(clock_, random_)) {}

  Result<void> start() {
    OutletOptions outlet{.name = options_.name,
                         .emitter_id = options_.emitter_id,
                         .incarnation = incarnation_,
                         .endpoint = fire_and_forget() ? options_.ingest : options_.control,
                         .limits = options_.limits,
                         .when_full = options_.when_full,
                         .on_state = [this](bool connected) { note_state(connected); }};
    auto opened = fire_and_forget() ? use(PubOutlet::create(io_, context_, outlet))
                                    : use(AcknowledgedOutlet::create(io_, context_, clock_, loop_random_, outlet));
    if (opened) thread_ = std::thread([this] { io_.run(); });
    return opened;
  }

  ~Impl() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    room_.notify_all();
    asio::post(io_, [this] {
      take_inbox();
      outlet_->drop_all("the emitter ended");
      outlet_.reset();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }

  Result<void> emit(v1::Envelope envelope, OnPublished done) {
    std::unique_lock lock(mutex_);
    if (auto complete = stamp_.complete(envelope); !complete) return complete;
    if (auto room = make_room(lock, envelope.ByteSizeLong()); !room) return room;
    if (fire_and_forget()) set_origin(envelope);  // only now: a refused event takes no number
    std::string bytes = envelope.SerializeAsString();
    held_events_ += 1;
    held_bytes_ += bytes.size();
    inbox_.push_back({std::move(bytes), std::move(done), priority_of(envelope)});
    if (!std::exchange(take_posted_, true)) asio::post(io_, [this] { take_inbox(); });
    return {};
  }

  bool flush(Duration deadline) {
    if (std::this_thread::get_id() == thread_.get_id()) return false;
    const auto flushed = std::make_shared<Flag>();
    asio::post(io_, [this, flushed] {
      take_inbox();
      outlet_->flush([flushed] { flushed->set(); });
    });
    return flushed->wait(deadline);
  }

  EmitterStats stats() const {
    const std::lock_guard lock(mutex_);
    EmitterStats stats = stats_;
    stats.held_events = held_events_;
    return stats;
  }

 private:
  struct Entry {
    std::string envelope;
    OnPublished done;
    std::uint32_t priority = 5;
  };

  // Outlives a flush that gave up waiting.
  class Flag {
   public:
    void set() {
      const std::lock_guard lock(mutex_);
      set_ = true;
      changed_.notify_all();
    }
    bool wait(Duration deadline) {
      std::unique_lock lock(mutex_);
      return changed_.wait_for(lock, deadline, [this] { return set_; });
    }

   private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool set_ = false;
  };

  bool fire_and_forget() const { return options_.delivery == Delivery::kFireAndForget; }

  Result<void> use(auto outlet) {
    if (!outlet) return outlet.error();
    outlet_ = std::move(*outlet);
    return {};
  }

  void set_origin(v1::Envelope& envelope) {
    envelope.mutable_origin()->set_emitter_id(options_.emitter_id);
    envelope.mutable_origin()->set_incarnation(incarnation_);
    envelope.mutable_origin()->set_n(++last_n_);
  }

  bool has_room(std::size_t bytes) const {
    return held_events_ < options_.limits.held_events_max && held_bytes_ + bytes <= options_.limits.held_bytes_max;
  }

  Result<void> make_room(std::unique_lock<std::mutex>& lock, std::size_t bytes) {
    if (ended_) return Error{ErrorCode::kUnavailable, "the emitter has ended"};
    // The outlet drops; here waits at most what its thread has not fetched yet.
    if (options_.when_full != link::WhenFull::kRejectNew && inbox_.size() < options_.limits.held_events_max) {
      return {};
    }
    if (!has_room(bytes) && options_.block_max > Duration{0} && std::this_thread::get_id() != thread_.get_id()) {
      room_.wait_for(lock, options_.block_max, [&] { return ended_ || has_room(bytes); });
    }
    if (ended_) return Error{ErrorCode::kUnavailable, "the emitter has ended"};
    if (has_room(bytes)) return {};
    ++stats_.refused;
    return Error{ErrorCode::kFull, "the emitter's queue is full: " + std::to_string(held_events_) + " events, " +
                                       std::to_string(held_bytes_) + " bytes"};
  }

  // On the loop's thread.
  void take_inbox() {
    std::deque<Entry> entries;
    {
      const std::lock_guard lock(mutex_);
      take_posted_ = false;
      entries.swap(inbox_);
    }
    if (!outlet_) return;
    for (Entry& entry : entries) hand_over(std::move(entry));
    note_stats();
  }

  void hand_over(Entry entry) {
    const std::size_t bytes = entry.envelope.size();
    auto done = std::make_shared<OnPublished>(std::move(entry.done));
    const auto settled = [this, bytes, done](const PublishResult& result) {
      release(bytes);
      if (*done) (*done)(result);
    };
    auto taken = outlet_->send(std::move(entry.envelope), settled, entry.priority);
    if (taken) return;
    release(bytes);
    const auto status =
        taken.error().code == ErrorCode::kTooLarge ? PublishResult::Status::kRejected : PublishResult::Status::kDropped;
    if (*done) (*done)({status, Seq{}, taken.error().text});
  }

  void release(std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      held_events_ -= 1;
      held_bytes_ -= bytes;
    }
    room_.notify_one();
    note_stats();
  }

  void note_stats() {
    const OutletStats outlet = outlet_->stats();
    const std::lock_guard lock(mutex_);
    stats_.publish = outlet.publish;
    stats_.sent = outlet.sent;
    stats_.dropped = outlet.publish.dropped;
  }

  void note_state(bool connected) {
    const std::lock_guard lock(mutex_);
    stats_.connected = connected;
  }

  EmitterOptions options_;
  SystemClock clock_;
  SystemRandom random_;       // the callers', under the mutex
  SystemRandom loop_random_;  // the loop's
  EnvelopeStamp stamp_;
  std::uint64_t incarnation_;

  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Entry> inbox_;
  std::size_t held_events_ = 0;
  std::size_t held_bytes_ = 0;
  std::uint64_t last_n_ = 0;
  bool take_posted_ = false;
  bool ended_ = false;
  EmitterStats stats_;

  link::Context context_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<Outlet> outlet_;
  std::thread thread_;
};

Result<std::unique_ptr<Emitter>> Emitter::create(EmitterOptions options) {
  if (options.emitter_id.empty()) options.emitter_id = default_emitter_id(options.name);
  auto impl = std::make_unique<Impl>(std::move(options));
  if (auto started = impl->start(); !started) return started.error();
  return std::unique_ptr<Emitter>(new Emitter(std::move(impl)));
}

Emitter::Emitter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Emitter::~Emitter() = default;

Result<void> Emitter::emit(v1::Envelope envelope, OnPublished done) {
  return impl_->emit(std::move(envelope), std::move(done));
}

bool Emitter::flush(Duration deadline) { return impl_->flush(deadline); }
EmitterStats Emitter::stats() const { return impl_->stats(); }

}  // namespace cell0::emit
