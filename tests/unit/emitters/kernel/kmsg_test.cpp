#include "emitters/kernel/kmsg.h"

#include <doctest/doctest.h>

#include "common/json.h"

using namespace cell0;
using namespace cell0::emit;

TEST_CASE("what is no record of kmsg is refused") {
  for (const char* text : {"", "6", "6,1", "6,1,2", "x,1,2,-;m", "6,x,2,-;m", "6,1,2,-", "hello"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_kmsg(text).ok());
  }
}

TEST_CASE("a record with its properties") {
  const auto record =
      parse_kmsg("3,339,5140900,-;acpi \\x5cA: caf\\xc3\\xa9\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n");
  REQUIRE(record.ok());
  CHECK(record->severity == 3);
  CHECK(record->facility == 0);
  CHECK(record->sequence == 339);
  CHECK(record->uptime_us == 5140900);
  CHECK(record->message == "acpi \\A: café");
  CHECK(record->subsystem == "acpi");
  CHECK(record->device == "+acpi:PNP0A03:00");
  CHECK(
      payload_of(*record) ==
      R"({"level":"ERROR","message":"acpi \\A: café","facility":0,"sequence":339,"uptime_us":5140900,"subsystem":"acpi","device":"+acpi:PNP0A03:00"})");
}

TEST_CASE("fields of later kernels, facilities and bytes that are no UTF-8") {
  const auto record = parse_kmsg("30,7,8,-,caller=T1;a;b \\xff\\x");
  REQUIRE(record.ok());
  CHECK(record->severity == 6);
  CHECK(record->facility == 3);
  CHECK(record->message == "a;b \xEF\xBF\xBD\\x");
  CHECK(parse_json(payload_of(*record)).ok());
}
