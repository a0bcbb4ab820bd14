// The broker's stream as a gateway takes it, without a socket: what came before it, then the chain, repaired where it
// has gaps; and whether it flows. broker_link owns the sockets.
//
// Pure but for the log: batches, ticks and the state of the control connection in; events and questions out.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/log.h"
#include "gateway/chain_reader.h"
#include "gateway/history_source.h"
#include "gateway/limits.h"
#include "gateway/renderer.h"

namespace cell0::gateway {

// What the link found before the stream begins.
struct Beginning {
  Seq base;                                     // `ring` is complete after this one...
  Seq head;                                     // ...up to this one
  std::vector<EventPtr> ring;                   // the newest, of every type
  std::vector<std::vector<EventPtr>> openings;  // what the observer wants besides, each oldest first
};

class LinkObserver {
 public:
  virtual ~LinkObserver() = default;
  // Of the past, besides the ring: asked when the stream begins, up to where it does. Without `through`.
  virtual std::vector<v1::HistoryRequest> wanted() const { return {}; }
  virtual void on_beginning(Beginning beginning) = 0;  // once, before every on_event
  virtual void on_event(EventPtr event) = 0;           // or a hole; in the order of the stream
  // An event of control.revoked, as soon as it is received: before a gap in front of it is repaired, and perhaps again.
  virtual void on_revoked(const v1::Delivered& event) { static_cast<void>(event); }
  virtual void on_link_state(bool up) = 0;
};

class BrokerStream {
 public:
  // Uses, does not own: everything outlives it, and `history` answers no question of it afterwards. `fanout`: where
  // batches come from, for people.
  BrokerStream(std::string fanout, HistorySource& history, const CoreLimits& limits, const Clock& clock, Log& log,
               LinkObserver& observer);

  // An encoded v1::Batch of the chain.
  void on_batch(std::string_view bytes);
  // Questions can be asked now, or no more.
  void on_control(bool connected);
  // Call a few times a second.
  void on_tick();

  // Events flow and questions are answered.
  bool up() const { return up_; }
  std::string why_down() const;  // "": up, as far as the fanout is concerned

  const ChainReader& chain() const { return chain_; }
  std::uint64_t batches() const { return batches_; }
  std::uint64_t malformed() const { return malformed_; }
  void count_malformed() { ++malformed_; }

 private:
  struct Loading;  // the questions of the beginning

  using Take = std::function<void(const v1::HistoryPage& page, Beginning& beginning)>;

  void load_beginning();
  void load(v1::HistoryRequest request, Seq through, std::size_t bytes_max, Take take);
  void on_loaded(const std::shared_ptr<Loading>& loading);
  void repair();
  void deliver();
  void judge();
  bool fresh() const;

  std::string fanout_;
  HistorySource& history_;
  CoreLimits limits_;
  const Clock& clock_;
  Log& log_;
  LinkObserver& observer_;
  ChainReader chain_;
  std::vector<EventPtr> ready_;  // what the chain gave in this call
  std::shared_ptr<Loading> loading_;
  bool connected_ = false;
  bool repairing_ = false;
  bool up_ = false;
  MonoTime last_batch_{};
  bool seen_batch_ = false;
  std::uint64_t batches_ = 0;
  std::uint64_t malformed_ = 0;
};

}  // namespace cell0::gateway
