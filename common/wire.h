// The protobuf wire format, as far as it is written and walked by hand: batches and pages are put together out of
// encoded events, never decoded and encoded again (protobuf.dev/programming-guides/encoding).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace cell0::wire {

enum class Type : std::uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

constexpr std::uint32_t tag(std::uint32_t field, Type type) { return field << 3 | static_cast<std::uint32_t>(type); }

// A byte for every seven bits, one at least.
constexpr std::size_t varint_size(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) + 6) / 7;
}

constexpr std::size_t kLongVarint = 8;  // as long as a seq, and a time in microseconds, is

// Writes it as a varint of kLongVarint bytes, of which the last may be 0. REQUIRES: value < 2^56.
inline char* write_long_varint(char* to, std::uint64_t value) {
  value = (value & 0x00FFFFFFF0000000u) << 4 | (value & 0x000000000FFFFFFFu);  // halves, fours, pairs:
  value = (value & 0x0FFFC0000FFFC000u) << 2 | (value & 0x00003FFF00003FFFu);  // then seven bits in each byte
  value = (value & 0x3F803F803F803F80u) << 1 | (value & 0x007F007F007F007Fu);
  value |= 0x0080808080808080u;  // more follows, but for the last
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  std::memcpy(to, &value, kLongVarint);
  return to + kLongVarint;
}

// Writes at `to`, which has room for it; the end of what was written.
inline char* write_varint(char* to, std::uint64_t value) {
  if (value >= 0x80 && varint_size(value) == kLongVarint) return write_long_varint(to, value);
  for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
  *to++ = static_cast<char>(value);
  return to;
}

// For fields below 16.
inline char* write_tag(char* to, std::uint32_t field, Type type) {
  *to = static_cast<char>(tag(field, type));
  return to + 1;
}

// As put_number(): nothing if it is 0.
inline char* write_number(char* to, std::uint32_t field, std::uint64_t value) {
  return value == 0 ? to : write_varint(write_tag(to, field, Type::kVarint), value);
}

// What put_bytes() and put_number() add for a field below 16.
constexpr std::size_t bytes_size(std::size_t size) { return 1 + varint_size(size) + size; }
constexpr std::size_t number_size(std::uint64_t number) { return number == 0 ? 0 : 1 + varint_size(number); }

inline void put_varint(std::string& out, std::uint64_t value) {
  char bytes[10];
  out.append(bytes, static_cast<std::size_t>(write_varint(bytes, value) - bytes));
}

// A varint field; absent if 0, as proto3 has it.
inline void put_number(std::string& out, std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  put_varint(out, tag(field, Type::kVarint));
  put_varint(out, value);
}

// A string, bytes or message field; there also if empty.
inline void put_bytes(std::string& out, std::uint32_t field, std::string_view value) {
  put_varint(out, tag(field, Type::kBytes));
  put_varint(out, value.size());
  out += value;
}

// Walks the fields of one message. After next() said false, ok() tells the end from a malformed byte.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool next();
  bool ok() const { return ok_; }

  std::uint32_t field() const { return field_; }
  Type type() const { return type_; }
  std::uint64_t number() const { return number_; }   // of a varint field, else 0
  std::string_view bytes() const { return bytes_; }  // of a kBytes field, else empty; views into the message

  bool is(std::uint32_t field, Type type) const { return field_ == field && type_ == type; }

 private:
  bool read_varint(std::uint64_t& value);
  bool read_value();
  bool skip(std::uint64_t count);
  bool fail() { return ok_ = false; }

  const char* at_;
  const char* end_;
  bool ok_ = true;
  std::uint32_t field_ = 0;
  Type type_ = Type::kVarint;
  std::uint64_t number_ = 0;
  std::string_view bytes_;
};

inline bool Reader::read_varint(std::uint64_t& value) {
  if (at_ != end_ && (*at_ & 0x80) == 0) {  // most are one byte
    value = static_cast<unsigned char>(*at_++);
    return true;
  }
  value = 0;
  for (unsigned shift = 0; shift < 70 && at_ != end_; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at_++);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (shift < 64 ? shift : 63);
    if (byte < 0x80) return true;
  }
  return fail();
}

inline bool Reader::skip(std::uint64_t count) {
  if (count > static_cast<std::uint64_t>(end_ - at_)) return fail();
  at_ += count;
  return true;
}

inline bool Reader::read_value() {
  const char* const start = at_;
  switch (type_) {
    case Type::kVarint:
      return read_varint(number_);
    case Type::kFixed64:
      return skip(8);
    case Type::kFixed32:
      return skip(4);
    case Type::kBytes: {
      std::uint64_t size = 0;
      if (!read_varint(size)) return false;
      const char* const from = at_;
      if (!skip(size)) return false;
      bytes_ = std::string_view(from, size);
      return true;
    }
  }
  at_ = start;
  return fail();  // groups: nothing of ours has them
}

inline bool Reader::next() {
  if (!ok_ || at_ == end_) return false;
  std::uint64_t key = 0;
  if (!read_varint(key)) return false;
  if (key >> 3 == 0 || key > 0xFFFFFFFFu) return fail();
  field_ = static_cast<std::uint32_t>(key >> 3);
  type_ = static_cast<Type>(key & 7);
  number_ = 0;
  bytes_ = {};
  return read_value();
}

}  // namespace cell0::wire
