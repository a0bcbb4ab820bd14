#include "gateway/transport/deflate.h"

#include <doctest/doctest.h>

#include "gateway/transport/blob.h"
#include "gateway/transport/frame.h"

using namespace cell0::gateway;
using Outcome = Inflater::Outcome;

namespace {

constexpr std::size_t kBytesMax = 100'000;
const std::string kTail("\x00\x00\xff\xff", 4);

template <std::size_t size>
std::string bytes(const char (&literal)[size]) {
  return std::string(literal, size - 1);
}

struct Inflated {
  Outcome outcome = Outcome::kOk;
  bool complete = false;
  std::string text;
};

// As a message that comes in pieces of `step` bytes.
Inflated inflate(Inflater& inflater, const std::string& payload, std::size_t step) {
  Inflated result;
  inflater.reset();
  for (std::size_t at = 0; at < payload.size() && result.outcome == Outcome::kOk; at += step) {
    result.outcome = inflater.add(std::string_view(payload).substr(at, step), result.text, kBytesMax);
  }
  if (result.outcome == Outcome::kOk) result.outcome = inflater.add(kTail, result.text, kBytesMax);
  result.complete = result.outcome == Outcome::kOk && inflater.complete();
  return result;
}

std::string frame(std::string_view payload, WsCompressed compressed = WsCompressed::kNo) {
  std::string out;
  append_ws_frame(out, WsOpcode::kText, payload, compressed);
  return out;
}

std::string lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "{\"seq\":" + std::to_string(i * 7919) + "}\n";
  return text;
}

}  // namespace

TEST_CASE("payloads of RFC 7692 and of other compressors inflate") {
  struct Row {
    std::string why;
    std::string payload;
    std::string text;
  };
  const Row rows[] = {
      {"7.2.3.1: one block", bytes("\xf2\x48\xcd\xc9\xc9\x07\x00"), "Hello"},
      {"7.2.3.3: a block without compression", bytes("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), "Hello"},
      {"7.2.3.4: a final block", bytes("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "Hello"},
      {"a final block, and nothing behind it", bytes("\xf3\x48\xcd\xc9\xc9\x07\x00"), "Hello"},
      {"two final blocks", bytes("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), "HelloHello"},
      {"7.2.3.5: two blocks", bytes("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), "Hello"},
      {"a block without compression that takes the tail for its text", bytes("\x00\x09\x00\xf6\xffHello"),
       "Hello" + kTail},
      {"7.2.3.6: an empty message", bytes("\x00"), ""},
      {"an empty message without its block", "", ""},
  };
  Inflater inflater;  // one for all, as connections share it
  for (const Row& row : rows) {
    for (const std::size_t step : {1, 3, 1000}) {
      CAPTURE(row.why);
      CAPTURE(step);
      const Inflated result = inflate(inflater, row.payload, step);
      CHECK(result.outcome == Outcome::kOk);
      CHECK(result.complete);
      CHECK(result.text == row.text);
    }
  }
}

TEST_CASE("what is no compressed message is refused") {
  struct Row {
    std::string why;
    std::string payload;
  };
  const Row rows[] = {
      {"a block type that does not exist", bytes("\x07")},
      {"a stored block whose lengths disagree", bytes("\x00\x05\x00\x05\x00Hello\x00")},
      {"a distance beyond the message: a window was kept", bytes("\xf2\x00\x11\x00\x00")},
      {"cut inside a block", bytes("\xf2\x48\xcd\xc9")},
      {"cut inside a stored block", bytes("\x00\x20\x00\xdf\xffHello")},
      {"the tail is not left out", bytes("\xf2\x48\xcd\xc9\xc9\x07\x00\x00\x00\xff\xff\x01")},
      {"text that was not compressed", "{\"jsonrpc\":\"2.0\"}"},
  };
  Inflater inflater;
  for (const Row& row : rows) {
    for (const std::size_t step : {1, 3, 1000}) {
      CAPTURE(row.why);
      CAPTURE(step);
      CHECK_FALSE(inflate(inflater, row.payload, step).complete);
    }
  }
}

TEST_CASE("a message that would become too large stops at the limit, without the memory") {
  Deflater deflater;
  std::string bomb;  // a megabyte of x, over and over
  const std::string packed = deflater.frames(frame(std::string(kDeflateBytesMax, 'x')));
  REQUIRE(packed.size() < 6'000);
  const std::string_view part = first_ws_frame(packed).payload;
  for (int i = 0; i < 42; ++i) bomb.append(part).append(kTail);
  Inflater inflater;
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, bomb.size()}) {
    std::string out;
    std::size_t at = 0;
    auto outcome = Outcome::kOk;
    inflater.reset();
    for (; at < bomb.size() && outcome == Outcome::kOk; at += step) {
      outcome = inflater.add(std::string_view(bomb).substr(at, step), out, kBytesMax);
    }
    CHECK(outcome == Outcome::kTooBig);
    CHECK(out.capacity() <= kBytesMax);
    if (step < bomb.size()) CHECK(at < 3'000);
  }
}

TEST_CASE("exactly the limit is allowed, one byte more is not") {
  Deflater deflater;
  for (const std::size_t size : {kBytesMax - 1, kBytesMax, kBytesMax + 1}) {
    CAPTURE(size);
    const std::string packed = deflater.frames(frame(std::string(size, 'y')));
    Inflater inflater;
    const Inflated result = inflate(inflater, std::string(first_ws_frame(packed).payload), packed.size());
    CHECK(result.complete == (size <= kBytesMax));
    if (result.complete) CHECK((result.text == std::string(size, 'y')));
  }
}

TEST_CASE("frames that are worth it are compressed, each for itself, and the others pass") {
  const std::string large = lines(200);
  std::string small = frame("small");
  append_ws_frame(small, WsOpcode::kPing, "p");
  Deflater deflater;
  const std::string out = deflater.frames(small + frame(large) + small + frame(large));
  REQUIRE(out.substr(0, small.size()) == small);
  std::string_view rest = std::string_view(out).substr(small.size());
  for (int i = 0; i < 2; ++i) {
    CHECK(static_cast<unsigned char>(rest[0]) == 0xc1);
    const WsFrameView packed = first_ws_frame(rest);
    CHECK(packed.payload.size() < large.size() / 3);
    Inflater inflater;
    CHECK((inflate(inflater, std::string(packed.payload), 1000).text == large));
    rest.remove_prefix(packed.size);
    if (i == 0) rest.remove_prefix(small.size());
  }
  CHECK(rest.empty());
}

TEST_CASE("nothing is compressed that is small, that is huge, or that would not shrink") {
  std::string noise;
  std::uint32_t state = 1;
  for (int i = 0; i < 5'000; ++i) noise.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
  Deflater deflater;
  CHECK(deflater.frames("").empty());
  CHECK(deflater.frames(frame(std::string(kDeflateBytesMin - 1, 'x'))).empty());
  CHECK_FALSE(deflater.frames(frame(std::string(kDeflateBytesMin, 'x'))).empty());
  CHECK(deflater.frames(frame(std::string(kDeflateBytesMax + 1, 'x'))).empty());
  CHECK(deflater.frames(frame(noise)).empty());
}

TEST_CASE("a blob is compressed once for all, and not again if it was not worth it") {
  int made = 0;
  const auto make = [&](std::string_view view) {
    return ++made, view == "worth it" ? std::string("w") : std::string();
  };
  const BlobPtr blob = BlobPtr::copy("worth it");
  const BlobPtr other = blob.other_form(make);
  CHECK(other.view() == "w");
  CHECK(blob.other_form(make).view() == "w");
  CHECK(blob.view() == "worth it");
  const BlobPtr plain = BlobPtr::copy("not");
  CHECK(plain.other_form(make).view() == "not");
  CHECK(plain.other_form(make).view() == "not");
  CHECK(made == 2);
}

TEST_CASE("the second form of a blob may outlive the first") {
  BlobPtr blob = BlobPtr::copy("first");
  const BlobPtr other = blob.other_form([](std::string_view) { return std::string("second"); });
  blob = BlobPtr();
  CHECK(other.view() == "second");
}
