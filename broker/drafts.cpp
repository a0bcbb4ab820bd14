#include "broker/drafts.h"

namespace cell0::broker {

std::size_t Drafts::add(const Stamp& stamp, std::string_view envelope) {
  const std::size_t size = envelope.size() + stamp.topic.size() + stamp.type.size() + kEventOverhead;
  const bool fits =
      used_ > 0 && blocks_[used_ - 1].events().size() < events_max_ && blocks_[used_ - 1].bytes() + size <= bytes_max_;
  if (!fits) {
    if (used_ == blocks_.size()) blocks_.emplace_back();
    ++used_;
  }
  blocks_[used_ - 1].add(stamp, envelope);
  bytes_ += size;
  return size_++;
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
  notes.clear();
}

}  // namespace cell0::broker
