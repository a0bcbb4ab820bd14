#include "emitters/kernel/uevent.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace cell0;
using namespace cell0::emit;
using namespace std::string_view_literals;

TEST_CASE("what is no uevent is refused") {
  for (const auto text : {""sv, "add"sv, "@/x\0"sv, "add@/x"sv, "libudev\0\xfe\xed"sv}) {
    CHECK_FALSE(parse_uevent(text).ok());
  }
}

TEST_CASE("a uevent with its properties") {
  const auto event =
      parse_uevent("add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=usb\0noequals\0SEQNUM=12\0"sv);
  REQUIRE(event.ok());
  CHECK(event->action == "add");
  CHECK(event->device_path == "/devices/x");
  CHECK(payload_of(*event) == R"({"action":"add","device_path":"/devices/x","subsystem":"usb","seqnum":"12"})");
}

TEST_CASE("the number of properties is bounded") {
  std::string message = "change@/x";
  message += '\0';
  for (int i = 0; i < 500; ++i) message += "K" + std::to_string(i) + "=v" + '\0';
  const auto event = parse_uevent(message);
  REQUIRE(event.ok());
  CHECK(event->properties.size() == 64);
}
