#include "common/wire.h"

#include <doctest/doctest.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <vector>

#include "cell0/v1/control.pb.h"

namespace cell0 {
namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

bool walks(const std::string& message) {
  wire::Reader reader(message);
  while (reader.next()) {
  }
  return reader.ok();
}

TEST_CASE("a walk refuses what no encoder writes") {
  struct Row {
    const char* why;
    std::string bytes;
  };
  const Row rows[] = {
      {"field number 0", bytes_of({0x02, 0x00})},
      {"a varint that does not end", bytes_of({0x08, 0xFF})},
      {"a varint of eleven bytes", bytes_of({0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01})},
      {"bytes beyond the end", bytes_of({0x12, 0x05, 'a'})},
      {"a length beyond memory", bytes_of({0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F})},
      {"a group", bytes_of({0x0B, 0x0C})},
      {"wire type 7", bytes_of({0x0F})},
      {"a fixed64 cut short", bytes_of({0x09, 1, 2, 3})},
      {"a fixed32 cut short", bytes_of({0x0D, 1, 2, 3})},
      {"a field number above 32 bits", bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0x00})},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK_FALSE(walks(row.bytes));
  }
  CHECK(walks(""));
}

TEST_CASE("what is put is what protobuf reads") {
  std::string out;
  wire::put_number(out, v1::HistoryPage::kScannedThroughFieldNumber, (std::uint64_t{1} << 53) - 1);
  wire::put_number(out, v1::HistoryPage::kTrimmedThroughFieldNumber, 0);
  wire::put_number(out, v1::HistoryPage::kEndFieldNumber, 1);
  v1::HistoryPage page;
  REQUIRE(page.ParseFromString(out));
  CHECK(page.scanned_through() == (std::uint64_t{1} << 53) - 1);
  CHECK(page.end());
  CHECK(out.size() == page.ByteSizeLong());
}

TEST_CASE("a number is as long as it needs to be, at every edge") {
  std::vector<std::uint64_t> numbers{0, UINT64_MAX};
  for (int bit = 0; bit < 64; ++bit) {
    numbers.push_back(std::uint64_t{1} << bit);
    numbers.push_back((std::uint64_t{1} << bit) - 1);
  }
  for (const std::uint64_t number : numbers) {
    CAPTURE(number);
    std::string right;
    google::protobuf::io::StringOutputStream stream(&right);
    google::protobuf::io::CodedOutputStream(&stream).WriteVarint64(number);
    char bytes[10];
    CHECK(std::string(bytes, wire::write_varint(bytes, number)) == right);
    CHECK(wire::varint_size(number) == right.size());
    if (number >> 56 != 0) continue;
    const std::string padded = bytes_of({0x08}) + std::string(bytes, wire::write_long_varint(bytes, number));
    wire::Reader reader(padded);
    CHECK(reader.next());
    CHECK(reader.number() == number);
    CHECK(padded.size() == 1 + wire::kLongVarint);
  }
}

}  // namespace
}  // namespace cell0
