// Events that were taken and wait for their seqs: what one commit holds, cut into the Batches it will be sent as.
//
// The n-th draft gets the n-th seq; drafts that were taken out again get none, the others keep their index. Bounded by
// its users (Limits::gathered_*), not here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "broker/event_block.h"
#include "broker/notes.h"
#include "common/seq.h"

namespace cell0::broker {

class Drafts {
 public:
  // A block takes no more once it has so many events, or would have more than so many bytes; its first always fits.
  Drafts(std::size_t block_events_max, std::size_t block_bytes_max)
      : events_max_(block_events_max), bytes_max_(block_bytes_max) {}

  // A number for this filling of it, by whoever fills it.
  std::uint64_t turn = 0;

  // What is committed together with the events, also if there are none.
  Notes notes;

  // Its index: the first is 0.
  std::size_t add(const Stamp& stamp, std::string_view envelope);

  // Takes out the events that `gone` says. REQUIRES: not yet numbered, or to be numbered anew.
  void remove_if(const std::function<bool(std::size_t index, v1::Durability durability)>& gone);
  // Of the event with that index; EPHEMERAL if it was taken out.
  v1::Durability durability_of(std::size_t index) const;
  bool any_stored() const;  // is any not ephemeral?
  std::size_t added() const { return places_.empty() ? size_ : places_.size(); }  // indexes given

  void number(Seq first);

  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }
  Seq first() const { return first_; }  // once numbered
  Seq last() const { return Seq{first_.value + size_ - 1}; }
  // 0: the event was taken out.
  Seq seq_of(std::size_t index) const {
    const std::size_t place = place_of(index);
    return place == kGone ? Seq{} : Seq{first_.value + place};
  }

  std::span<EventBlock> blocks() { return std::span(blocks_).first(used_); }
  std::span<const EventBlock> blocks() const { return std::span(blocks_).first(used_); }

  void clear();

 private:
  static constexpr std::size_t kKeptBlocks = 16;
  static constexpr std::size_t kEventOverhead = 64;  // more than a Delivered adds to an envelope, its names aside
  static constexpr std::size_t kGone = SIZE_MAX;

  std::size_t place_of(std::size_t index) const { return places_.empty() ? index : places_[index]; }
  void put(const Stamp& stamp, std::string_view envelope);

  std::size_t events_max_;
  std::size_t bytes_max_;
  std::vector<EventBlock> blocks_;  // the first `used_` hold events, the others wait for some
  std::size_t used_ = 0;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  Seq first_{};
  std::vector<std::size_t> places_;  // by index, once events have been taken out; empty: index is place
};

}  // namespace cell0::broker
