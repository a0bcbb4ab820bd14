// Device events of the kernel (netlink(7), NETLINK_KOBJECT_UEVENT). Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace cell0::emit {

struct Uevent {
  std::string action;                                           // add, remove, change, ...
  std::string device_path;                                      // below /sys
  std::vector<std::pair<std::string, std::string>> properties;  // the others, as they came
};

// "add@/devices/x\0ACTION=add\0DEVPATH=/devices/x\0SUBSYSTEM=usb\0". kInvalid: it is none (udev's own messages, which
// begin with "libudev", are none either).
Result<Uevent> parse_uevent(std::string_view message);

// The payload of its mcic_event.
std::string payload_of(const Uevent& event);

}  // namespace cell0::emit
