#include "broker/drafts.h"

#include "broker/delivered.h"
#include "common/check.h"

namespace cell0::broker {

std::size_t Drafts::add(const Stamp& stamp, std::string_view envelope) {
  const std::size_t index = added();
  if (!places_.empty()) places_.push_back(size_);
  put(stamp, envelope);
  return index;
}

void Drafts::put(const Stamp& stamp, std::string_view envelope) {
  const std::size_t size = envelope.size() + stamp.topic.size() + stamp.type.size() + kEventOverhead;
  const bool fits =
      used_ > 0 && blocks_[used_ - 1].events().size() < events_max_ && blocks_[used_ - 1].bytes() + size <= bytes_max_;
  if (!fits) {
    if (used_ == blocks_.size()) blocks_.emplace_back();
    ++used_;
  }
  blocks_[used_ - 1].add(stamp, envelope);
  bytes_ += size;
  ++size_;
}

// Rarely needed (a commit has failed), so all that stays is simply put together anew.
void Drafts::remove_if(const std::function<bool(std::size_t index, v1::Durability durability)>& gone) {
  Drafts kept(events_max_, bytes_max_);
  std::vector<std::size_t> places(added(), kGone);
  std::size_t index = 0;
  for (const EventBlock& block : blocks()) {
    for (const EventBlock::Event& event : block.events()) {
      while (!places_.empty() && places_[index] == kGone) ++index;
      if (!gone(index, event.durability)) {
        places[index] = kept.size_;
        const DeliveredView view = view_of(block.delivered(event));
        kept.put({view.topic, view.type, view.priority, event.durability, event.rule}, view.envelope);
      }
      ++index;
    }
  }
  blocks_ = std::move(kept.blocks_);
  used_ = kept.used_;
  size_ = kept.size_;
  bytes_ = kept.bytes_;
  places_ = std::move(places);
}

v1::Durability Drafts::durability_of(std::size_t index) const {
  std::size_t place = place_of(index);
  if (place == kGone) return v1::EPHEMERAL;
  for (const EventBlock& block : blocks()) {
    if (place < block.events().size()) return block.events()[place].durability;
    place -= block.events().size();
  }
  CELL0_CHECK(!"an index that was given");
  return v1::EPHEMERAL;
}

bool Drafts::any_stored() const {
  for (const EventBlock& block : blocks()) {
    for (const EventBlock::Event& event : block.events()) {
      if (event.durability != v1::EPHEMERAL) return true;
    }
  }
  return false;
}

void Drafts::number(Seq first) {
  first_ = first;
  for (EventBlock& block : blocks()) {
    block.number(first);
    first = Seq{first.value + block.events().size()};
  }
}

void Drafts::clear() {
  for (EventBlock& block : blocks()) block.clear();
  if (blocks_.size() > kKeptBlocks) blocks_.resize(kKeptBlocks);
  used_ = size_ = bytes_ = 0;
  first_ = {};
  places_.clear();
  notes.clear();
}

}  // namespace cell0::broker
