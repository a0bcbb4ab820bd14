#include "broker/quick_check.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/payload_schema.h"
#include "common/topic.h"
#include "common/utf8.h"
#include "common/wire.h"

namespace cell0::broker {
namespace {

using google::protobuf::FieldDescriptor;
using v1::Envelope;

using wire::tag;
using wire::Type;

constexpr std::uint64_t kHighBits = 0x8080808080808080u;

std::uint64_t word_at(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, 8);
  return word;
}

// Whether `bits` of its words have no high bit. The last word overlaps the one before, or is filled up with blanks.
template <typename Bits>
bool no_high_bit(std::string_view text, Bits bits) {
  if (text.size() < 8) {
    char blanks[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
    std::copy(text.begin(), text.end(), blanks);
    return (bits(word_at(blanks)) & kHighBits) == 0;
  }
  const char* at = text.data();
  const char* const last = at + text.size() - 8;
  std::uint64_t high = bits(word_at(last));
  for (; last - at > 24; at += 32) {
    high |= bits(word_at(at)) | bits(word_at(at + 8)) | bits(word_at(at + 16)) | bits(word_at(at + 24));
  }
  for (; at < last; at += 8) high |= bits(word_at(at));
  return (high & kHighBits) == 0;
}

bool is_ascii(std::string_view text) {
  return no_high_bit(text, [](std::uint64_t word) { return word; });
}

bool is_text(std::string_view text) { return is_ascii(text) || is_utf8(text); }

// A short name: ASCII without control characters. Others may be right, too.
bool is_plain_name(std::string_view text, std::size_t bytes_max) {
  constexpr std::uint64_t kEach = 0x0101010101010101u;  // a byte below a blank borrows, DEL carries into its high bit
  return !text.empty() && text.size() <= bytes_max &&
         no_high_bit(text, [](std::uint64_t word) { return word | (word - kEach * ' ') | (word + kEach); });
}

bool admits(const std::vector<std::string>& one_of, std::string_view text) {
  return one_of.empty() || std::find(one_of.begin(), one_of.end(), text) != one_of.end();
}

// How a scalar field begins on the wire; `otherwise` if it is none.
std::uint32_t key_of(const FieldDescriptor& field, std::uint32_t otherwise) {
  const auto number = static_cast<std::uint32_t>(field.number());
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      return tag(number, Type::kBytes);
    case FieldDescriptor::TYPE_DOUBLE:
      return tag(number, Type::kFixed64);
    case FieldDescriptor::TYPE_FLOAT:
      return tag(number, Type::kFixed32);
    case FieldDescriptor::TYPE_INT64:
    case FieldDescriptor::TYPE_UINT64:
    case FieldDescriptor::TYPE_INT32:
    case FieldDescriptor::TYPE_UINT32:
    case FieldDescriptor::TYPE_BOOL:
      return tag(number, Type::kVarint);
    default:
      return otherwise;
  }
}

// The last field of the envelope that is no payload.
constexpr std::uint32_t kLastOwnField = Envelope::kExtraFieldNumber;

}  // namespace

// Walks fields with keys of at most two bytes and sizes of four; anything else is left to the decoder.
class QuickCheck::Walk {
 public:
  explicit Walk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  std::uint32_t key = 0;    // wire::tag()
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // of a kBytes field

  std::uint32_t number() const { return key >> 3; }
  Type type() const { return static_cast<Type>(key & 7); }

  // REQUIRES: !done().
  bool next() {
    key = static_cast<unsigned char>(*at_++);
    if (key >= 0x80 && !second_byte()) return false;
    switch (type()) {
      case Type::kBytes:
        return take_bytes();
      case Type::kVarint:
        return varint(value, 9);
      case Type::kFixed64:
        return skip(8);
      case Type::kFixed32:
        return skip(4);
    }
    return false;
  }

 private:
  std::uint64_t left() const { return static_cast<std::uint64_t>(end_ - at_); }
  bool second_byte() {
    if (done() || static_cast<unsigned char>(*at_) >= 0x80) return false;
    key = (key & 0x7F) | static_cast<std::uint32_t>(*at_++) << 7;
    return true;
  }
  bool skip(std::uint64_t size) {
    if (size > left()) return false;
    at_ += size;
    return true;
  }
  bool take_bytes() {
    std::uint64_t size = 0;
    if (!varint(size, 4) || size > left()) return false;
    bytes = std::string_view(at_, size);
    at_ += size;
    return true;
  }
  bool varint(std::uint64_t& out, unsigned bytes_max) {
    if (at_ != end_ && (*at_ & 0x80) == 0) {  // most are one byte
      out = static_cast<unsigned char>(*at_++);
      return true;
    }
    if (left() >= 2 && (at_[1] & 0x80) == 0) {  // a size
      out = (static_cast<unsigned char>(at_[0]) & 0x7Fu) | static_cast<std::uint64_t>(at_[1]) << 7;
      at_ += 2;
      return true;
    }
    if (left() >= 8 && word_varint(out, bytes_max)) return true;
    out = 0;
    for (unsigned i = 0; i < bytes_max && at_ != end_; ++i) {
      const auto byte = static_cast<unsigned char>(*at_++);
      out |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
      if (byte < 0x80) return true;
    }
    return false;
  }

  // One of two to eight bytes, all at once: a time has eight. False leaves it as it is. REQUIRES: left() >= 8.
  bool word_varint(std::uint64_t& out, unsigned bytes_max) {
    if constexpr (std::endian::native != std::endian::little) return false;
    std::uint64_t word = word_at(at_);
    const std::uint64_t ends = ~word & kHighBits;
    if (ends == 0) return false;
    const unsigned size = static_cast<unsigned>(std::countr_zero(ends)) / 8 + 1;
    if (size > bytes_max) return false;
    word &= (ends ^ (ends - 1)) & ~kHighBits;  // its own bytes, seven bits of each; then pairs, fours, all together
    word = (word & 0x7F007F007F007F00u) >> 1 | (word & 0x007F007F007F007Fu);
    word = (word & 0x3FFF00003FFF0000u) >> 2 | (word & 0x00003FFF00003FFFu);
    out = (word & 0x0FFFFFFF00000000u) >> 4 | (word & 0x000000000FFFFFFFu);
    at_ += size;
    return true;
  }

  const char* at_;
  const char* end_;
};

struct QuickCheck::Seen {
  std::uint32_t fields = 0;  // of the envelope, but for the payload: bit 1 << number
  Facts facts;
  std::uint32_t priority = 0;
  std::string_view level;
};

QuickCheck::QuickCheck(const EventLimits& limits) : limits_(limits) {
  for (const EventType& type : event_types()) {
    const auto number = static_cast<std::size_t>(type.field->number());
    if (payloads_.size() <= number) payloads_.resize(number + 1);
    Payload& payload = payloads_[number];
    payload.type = &type;
    payload.topic = "events." + type.name;
    bool fits = true;
    for (const PayloadField& field : payload_schema(*type.field->message_type()).fields) {
      const auto at = static_cast<std::size_t>(field.descriptor->number());
      fits = fits && (at < kFieldsMax || !field.required);
      if (at >= kFieldsMax) continue;
      if (field.required) payload.required |= 1u << at;
      if (type.name == "log_stream" && field.key == "level") payload.level = static_cast<std::uint32_t>(at);
      if (field.descriptor->is_repeated()) continue;
      payload.fields[at] = {key_of(*field.descriptor, kNoKey), field.one_of};
    }
    if (!fits) payload.type = nullptr;
  }
}

std::optional<QuickCheck::Facts> QuickCheck::look(std::string_view encoded) const {
  Seen seen;
  Walk walk(encoded);
  while (!walk.done()) {
    if (!walk.next() || !take_field(seen, walk)) return std::nullopt;
  }
  constexpr std::uint32_t kRequired =
      1u << Envelope::kIdFieldNumber | 1u << Envelope::kSourceFieldNumber | 1u << Envelope::kTimeUsFieldNumber;
  if ((seen.fields & kRequired) != kRequired || seen.facts.type == nullptr) return std::nullopt;
  if (seen.priority != 0)
    seen.facts.priority = seen.priority;
  else if (!seen.level.empty())
    seen.facts.priority = log_priority(seen.level, *seen.facts.type);
  else
    seen.facts.priority = seen.facts.type->priority;
  seen.facts.own_topic = !seen.facts.topic.empty();
  if (!seen.facts.own_topic) {
    seen.facts.topic = payloads_[static_cast<std::size_t>(seen.facts.type->field->number())].topic;
  }
  return seen.facts;
}

inline bool QuickCheck::take_field(Seen& seen, const Walk& walk) const {
  if (walk.number() > kLastOwnField) return take_payload(seen, walk);
  const std::uint32_t bit = 1u << walk.number();
  if ((seen.fields & bit) != 0) return false;  // twice
  seen.fields |= bit;
  switch (walk.key) {
    case tag(Envelope::kIdFieldNumber, Type::kBytes):
      return walk.bytes.size() == 16;
    case tag(Envelope::kTopicFieldNumber, Type::kBytes):
      seen.facts.topic = walk.bytes;
      return !walk.bytes.empty() && check_topic(walk.bytes, limits_.topic_bytes_max).ok();
    case tag(Envelope::kSourceFieldNumber, Type::kBytes):
      return is_plain_name(walk.bytes, limits_.source_bytes_max);
    case tag(Envelope::kTimeUsFieldNumber, Type::kVarint):
      return walk.value > 0 && walk.value <= kTimeUsMax;
    case tag(Envelope::kPriorityFieldNumber, Type::kVarint):
      seen.priority = static_cast<std::uint32_t>(walk.value);
      return walk.value >= 1 && walk.value <= 10;
    case tag(Envelope::kSessionIdFieldNumber, Type::kBytes):
      return is_plain_name(walk.bytes, limits_.session_id_bytes_max);
    case tag(Envelope::kTraceparentFieldNumber, Type::kBytes):
      return is_ascii(walk.bytes);
    default:
      return false;
  }
}

inline bool QuickCheck::take_payload(Seen& seen, const Walk& walk) const {
  if (walk.type() != Type::kBytes || walk.number() >= payloads_.size() || seen.facts.type != nullptr) return false;
  const Payload& payload = payloads_[walk.number()];
  if (payload.type == nullptr) return false;
  seen.facts.type = payload.type;
  std::uint32_t present = 0;
  for (Walk inner(walk.bytes); !inner.done();) {
    if (!inner.next() || inner.number() >= kFieldsMax) return false;
    const Field& field = payload.fields[inner.number()];
    const std::uint32_t bit = 1u << inner.number();
    if (field.key != inner.key || (present & bit) != 0) return false;
    present |= bit;
    if (inner.type() != Type::kBytes) continue;
    if (!is_text(inner.bytes) || !admits(field.one_of, inner.bytes)) return false;
    if (inner.number() == payload.level) seen.level = inner.bytes;
  }
  return (present & payload.required) == payload.required;
}

}  // namespace cell0::broker
