// UUIDv7: made, written and read.
#include "common/uuid.h"

#include <algorithm>
#include <cstring>

#include "common/utf8.h"

namespace cell0 {
namespace {

constexpr unsigned kCounterMax = 0xfff;  // 12 bits: rand_a of RFC 9562
constexpr std::size_t kTextSize = 36;

bool dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Error not_a_uuid(std::string_view text) {
  return {ErrorCode::kInvalid,
          "\"" + printable(text, 48) + "\" is not a UUID (like 0191e7a0-5c1e-7f32-9d6a-1b2c3d4e5f60)"};
}

}  // namespace

void append_uuid(std::string& out, const Uuid& id) {
  constexpr char kHex[] = "0123456789abcdef";
  char text[kTextSize];
  std::size_t at = 0;
  for (const std::uint8_t byte : id.bytes) {
    if (dash_at(at)) text[at++] = '-';
    text[at++] = kHex[byte >> 4];
    text[at++] = kHex[byte & 15];
  }
  out.append(text, kTextSize);
}

std::string to_string(const Uuid& id) {
  std::string text;
  append_uuid(text, id);
  return text;
}

Result<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kTextSize) return not_a_uuid(text);
  Uuid id;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (dash_at(i)) {
      if (text[i] != '-') return not_a_uuid(text);
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return not_a_uuid(text);
    std::uint8_t& byte = id.bytes[digits++ / 2];
    byte = static_cast<std::uint8_t>(byte << 4 | value);
  }
  return id;
}

Result<Uuid> uuid_from_raw(std::string_view bytes) {
  Uuid id;
  if (bytes.size() != id.bytes.size()) {
    return Error{ErrorCode::kInvalid, "id: " + std::to_string(bytes.size()) + " bytes are not a UUID (16 bytes)"};
  }
  std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

std::uint64_t UuidGenerator::random_word() {
  if (pool_used_ == pool_.size()) {
    random_.fill(pool_);
    pool_used_ = 0;
  }
  std::uint64_t word;
  std::memcpy(&word, pool_.data() + pool_used_, sizeof word);
  pool_used_ += sizeof word;
  return word;
}

void UuidGenerator::start_millisecond(std::int64_t ms) {
  ms_ = ms;
  counter_ = static_cast<unsigned>(random_word() & (kCounterMax >> 1));  // the upper half stays free to count in
}

Uuid UuidGenerator::next() {
  const std::int64_t now_ms = std::max<std::int64_t>(0, to_unix_us(clock_.wall()) / 1000);
  if (now_ms > ms_) {
    start_millisecond(now_ms);
  } else if (counter_ == kCounterMax) {
    start_millisecond(ms_ + 1);
  } else {
    ++counter_;
  }
  const std::uint64_t high = static_cast<std::uint64_t>(ms_) << 16 | 0x7000u | counter_;
  const std::uint64_t low = (random_word() >> 2) | std::uint64_t{1} << 63;  // variant 10
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

}  // namespace cell0
