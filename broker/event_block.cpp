#include "broker/event_block.h"

#include <algorithm>
#include <bit>
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

// Eight bytes hold 56 bits, and a seq has at most 53: all seqs are as long as the longest, so that they can be written
// into their place later. (Since 1987 << 10 every real one fills them; parsers take shorter ones padded, too.)
constexpr std::size_t kSeqBytes = 8;

void write_seq(char* to, Seq seq) {
  std::uint64_t word = seq.value;  // halves, fours, pairs, then seven bits in each byte
  word = (word & 0x00FFFFFFF0000000u) << 4 | (word & 0x000000000FFFFFFFu);
  word = (word & 0x0FFFC0000FFFC000u) << 2 | (word & 0x00003FFF00003FFFu);
  word = (word & 0x3F803F803F803F80u) << 1 | (word & 0x007F007F007F007Fu);
  word |= 0x0080808080808080u;  // more follows, but for the last
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  std::memcpy(to, &word, kSeqBytes);
}

char* write_bytes(char* to, std::uint32_t field, std::string_view value) {
  to = write_varint(write_tag(to, field, Type::kBytes), value.size());
  return std::copy(value.begin(), value.end(), to);
}

}  // namespace

void EventBlock::add(const Stamp& stamp, std::string_view envelope) {
  const std::size_t size = 1 + kSeqBytes + wire::bytes_size(stamp.topic.size()) + wire::bytes_size(stamp.type.size()) +
                           2 + wire::bytes_size(envelope.size()) + 2;  // priority and durability: a byte each
  CELL0_CHECK(stamp.priority > 0 && stamp.priority < 0x80 && stamp.durability != 0);
  CELL0_CHECK(buffer_.size() + size < 0x7FFFFFFF);
  const std::size_t offset = buffer_.size() + 1 + wire::varint_size(size);
  buffer_.resize(offset + size);
  char* to = buffer_.data() + offset - 1 - wire::varint_size(size);
  to = write_varint(write_tag(to, 5, Type::kBytes), size);  // Batch.events
  to = write_tag(to, 1, Type::kVarint);
  write_seq(to, Seq{});  // number() writes another; what it has can be read before
  to += kSeqBytes;
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
    write_seq(buffer_.data() + event.offset + 1, first);
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
  std::memcpy(buffer_.data() + at, head, size);
  return std::string_view(buffer_).substr(at);
}

std::string EventBlock::take_memory() {
  expected_ = std::min(buffer_.size(), kKeptBytes);
  return std::exchange(buffer_, {});
}

void EventBlock::clear() {
  if (buffer_.capacity() > kKeptBytes) std::string().swap(buffer_);
  buffer_.reserve(expected_);
  buffer_.resize(kHeadroom);
  events_.clear();
}

}  // namespace cell0::broker
