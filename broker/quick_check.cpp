#include "broker/quick_check.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/payload_schema.h"
#include "common/topic.h"
#include "common/utf8.h"

namespace cell0::broker {
namespace {

using google::protobuf::FieldDescriptor;
using v1::Envelope;

constexpr std::uint64_t kHighBits = 0x8080808080808080u;

std::uint64_t word_at(const char* text) {
  std::uint64_t word = 0;
  std::memcpy(&word, text, 8);
  return word;
}

// Walks fields with keys of at most two bytes and sizes of four; anything else is left to the decoder.
class Walk {
 public:
  enum : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  explicit Walk(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool done() const { return at_ == end_; }
  std::uint32_t number = 0;
  std::uint32_t type = 0;
  std::uint64_t value = 0;  // of a varint
  std::string_view bytes;   // of a kBytes field

  bool next() {
    std::uint64_t key = 0;
    if (!varint(key, 2)) return false;
    number = static_cast<std::uint32_t>(key >> 3);
    type = static_cast<std::uint32_t>(key & 7);
    if (number == 0) return false;
    if (type == kBytes) return take_bytes();
    if (type == kVarint) return varint(value, 9);
    return (type == kFixed64 && skip(8)) || (type == kFixed32 && skip(4));
  }

 private:
  std::uint64_t left() const { return static_cast<std::uint64_t>(end_ - at_); }
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

}  // namespace

struct QuickCheck::Seen {
  std::uint64_t fields = 0;  // of the envelope: bit 1 << number, all payloads together one
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
      payload.fields[at].one_of = field.one_of;
      switch (field.descriptor->type()) {
        case FieldDescriptor::TYPE_STRING:
          payload.fields[at].kind = Kind::kString;
          break;
        case FieldDescriptor::TYPE_DOUBLE:
          payload.fields[at].kind = Kind::kFixed64;
          break;
        case FieldDescriptor::TYPE_FLOAT:
          payload.fields[at].kind = Kind::kFixed32;
          break;
        case FieldDescriptor::TYPE_INT64:
        case FieldDescriptor::TYPE_UINT64:
        case FieldDescriptor::TYPE_INT32:
        case FieldDescriptor::TYPE_UINT32:
        case FieldDescriptor::TYPE_BOOL:
          payload.fields[at].kind = Kind::kVarint;
          break;
        default:
          break;
      }
    }
    if (!fits) payload.type = nullptr;
  }
}

std::optional<QuickCheck::Facts> QuickCheck::look(std::string_view encoded) const {
  Seen seen;
  Walk walk(encoded);
  while (!walk.done()) {
    if (!walk.next()) return std::nullopt;
    const bool bytes = walk.type == Walk::kBytes;
    const bool number = walk.number == Envelope::kTimeUsFieldNumber || walk.number == Envelope::kPriorityFieldNumber;
    if (walk.type != (number ? Walk::kVarint : Walk::kBytes)) return std::nullopt;
    if (!take_field(seen, walk.number, walk.value, bytes ? walk.bytes : std::string_view{})) return std::nullopt;
  }
  constexpr std::uint64_t kRequired =
      1u << Envelope::kIdFieldNumber | 1u << Envelope::kSourceFieldNumber | 1u << Envelope::kTimeUsFieldNumber;
  if ((seen.fields & kRequired) != kRequired || seen.facts.type == nullptr) return std::nullopt;
  if (seen.priority != 0)
    seen.facts.priority = seen.priority;
  else if (!seen.level.empty())
    seen.facts.priority = log_priority(seen.level, *seen.facts.type);
  else
    seen.facts.priority = seen.facts.type->priority;
  if (seen.facts.topic.empty()) {
    seen.facts.topic = payloads_[static_cast<std::size_t>(seen.facts.type->field->number())].topic;
  }
  return seen.facts;
}

bool QuickCheck::take_field(Seen& seen, std::uint32_t number, std::uint64_t value, std::string_view bytes) const {
  if (number < 16) {
    if ((seen.fields >> number & 1) != 0) return false;  // twice
    seen.fields |= std::uint64_t{1} << number;
  }
  switch (number) {
    case Envelope::kIdFieldNumber:
      return bytes.size() == 16;
    case Envelope::kTopicFieldNumber:
      seen.facts.topic = bytes;
      return !bytes.empty() && check_topic(bytes, limits_.topic_bytes_max).ok();
    case Envelope::kSourceFieldNumber:
      return is_plain_name(bytes, limits_.source_bytes_max);
    case Envelope::kTimeUsFieldNumber:
      return value > 0 && value <= INT64_MAX;
    case Envelope::kPriorityFieldNumber:
      seen.priority = static_cast<std::uint32_t>(value);
      return value >= 1 && value <= 10;
    case Envelope::kSessionIdFieldNumber:
      return is_plain_name(bytes, limits_.session_id_bytes_max);
    case Envelope::kTraceparentFieldNumber:
      return is_ascii(bytes);
    default:
      break;
  }
  if (number >= payloads_.size() || payloads_[number].type == nullptr || seen.facts.type != nullptr) return false;
  return look_at_payload(seen, payloads_[number], bytes);
}

bool QuickCheck::look_at_payload(Seen& seen, const Payload& payload, std::string_view bytes) const {
  std::uint32_t present = 0;
  Walk walk(bytes);
  while (!walk.done()) {
    if (!walk.next() || walk.number >= kFieldsMax || (present >> walk.number & 1) != 0) return false;
    present |= 1u << walk.number;
    const Field& field = payload.fields[walk.number];
    switch (field.kind) {
      case Kind::kString:
        if (walk.type != Walk::kBytes || !is_text(walk.bytes)) return false;
        if (!field.one_of.empty() &&
            std::find(field.one_of.begin(), field.one_of.end(), walk.bytes) == field.one_of.end()) {
          return false;
        }
        if (walk.number == payload.level) seen.level = walk.bytes;
        break;
      case Kind::kVarint:
        if (walk.type != Walk::kVarint) return false;
        break;
      case Kind::kFixed64:
        if (walk.type != Walk::kFixed64) return false;
        break;
      case Kind::kFixed32:
        if (walk.type != Walk::kFixed32) return false;
        break;
      case Kind::kOther:
        return false;
    }
  }
  seen.facts.type = payload.type;
  return (present & payload.required) == payload.required;
}

}  // namespace cell0::broker
