// Records of /dev/kmsg (Linux, Documentation/ABI/testing/dev-kmsg). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0::emit {

struct KmsgRecord {
  int severity = 6;            // syslog's: 0 emergency ... 7 debug
  int facility = 0;            // 0: the kernel itself
  std::uint64_t sequence = 0;  // of the kernel's log
  std::int64_t uptime_us = 0;  // when, since boot
  std::string message;         // escapes undone, made UTF-8
  std::string subsystem;       // of a device's message, else empty
  std::string device;
};

// "6,339,5140900,-;NET: Registered\n SUBSYSTEM=acpi\n DEVICE=+acpi:PNP0A03:00\n". kInvalid: it is no such record.
Result<KmsgRecord> parse_kmsg(std::string_view record);

// The payload of its mcic_event.
std::string payload_of(const KmsgRecord& record);

}  // namespace cell0::emit
