#include "broker/event_block.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/wire.h"

namespace cell0::broker {
namespace {

using wire::Type;
using wire::write_number;
using wire::write_tag;
using wire::write_varint;

// A seq has at most 53 bits: all are written as long as the longest, so that they can be written into their place
// later. (Since 1987 << 10 every real one is as long; parsers take shorter ones padded, too.)
constexpr std::size_t kSeqBytes = wire::kLongVarint;

char* write_bytes(char* to, std::uint32_t field, std::string_view value) {
  to = write_varint(write_tag(to, field, Type::kBytes), value.size());
  return std::copy(value.begin(), value.end(), to);
}

}  // namespace

void EventBlock::add(const Stamp& stamp, std::string_view envelope) {
  const std::size_t size = 1 + kSeqBytes + wire::bytes_size(stamp.topic.size()) + wire::bytes_size(stamp.type.size()) +
                           2 + wire::bytes_size(envelope.size()) + 2;  // priority and durability: a byte each
  CELL0_CHECK(stamp.priority > 0 && stamp.priority < 0x80 && stamp.durability != 0);
  CELL0_CHECK(used_ + size < 0x7FFFFFFF);
  const std::size_t offset = used_ + 1 + wire::varint_size(size);
  char* to = write_varint(write_tag(grow(wire::bytes_size(size)), 5, Type::kBytes), size);  // Batch.events
  to = write_tag(to, 1, Type::kVarint);
  to = wire::write_long_varint(to, 0);  // number() writes another; what it has can be read before
  to = write_bytes(to, 2, stamp.topic);
  to = write_bytes(to, 3, stamp.type);
  to = write_number(to, 4, stamp.priority);
  to = write_bytes(to, 5, envelope);
  write_number(to, 6, static_cast<std::uint64_t>(stamp.durability));
  events_.push_back(
      {static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(size), stamp.rule, stamp.durability});
}

void EventBlock::number(Seq first) {
  CELL0_CHECK(first.value + events_.size() <= kSeqMax.value + 1);
  for (const Event& event : events_) {
    wire::write_long_varint(memory_.get() + event.offset + 1, first.value);
    first = first.next();
  }
}

std::string_view EventBlock::seal(Seq prev, Seq last, WallTime now, std::string_view boot_id) {
  char head[kHeadroom];
  char* end = head;
  end = write_number(end, 1, prev.value);
  end = write_number(end, 2, last.value);
  end = write_number(end, 3, static_cast<std::uint64_t>(to_unix_us(now)));
  CELL0_CHECK(boot_id.size() == 16);
  end = write_bytes(end, 4, boot_id);
  const auto size = static_cast<std::size_t>(end - head);
  const std::size_t at = kHeadroom - size;
  std::memcpy(memory_.get() + at, head, size);
  return {memory_.get() + at, used_ - at};
}

std::unique_ptr<char[]> EventBlock::take_memory() {
  expected_ = std::min(std::max(used_, expected_ - expected_ / 8), kKeptBytes);
  capacity_ = 0;
  return std::move(memory_);
}

void EventBlock::clear() {
  used_ = 0;  // nothing to keep when it is allocated anew
  if (capacity_ > kKeptBytes || capacity_ < expected_) allocate(expected_);
  used_ = kHeadroom;
  events_.clear();
}

// Room for `size` more bytes, which count as used.
char* EventBlock::grow(std::size_t size) {
  if (capacity_ - used_ < size) allocate(std::max(2 * capacity_, used_ + size));
  return memory_.get() + std::exchange(used_, used_ + size);
}

void EventBlock::allocate(std::size_t capacity) {
  auto memory = std::make_unique_for_overwrite<char[]>(capacity);
  if (used_ > 0) std::memcpy(memory.get(), memory_.get(), used_);
  memory_ = std::move(memory);
  capacity_ = capacity;
}

}  // namespace cell0::broker
