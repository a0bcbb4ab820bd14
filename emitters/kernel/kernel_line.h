// The line protocol for compute kernels: one mcic_event a line, as JSON or as plain words.
//
//   {"kernel_id": "gpu0", "event": "kernel_started", "payload": {"grid": 128}}
//   gpu0 kernel_started {"grid": 128}
//   gpu0 kernel_finished
#pragma once

#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0::emit {

struct KernelLine {
  std::string kernel_id;
  std::string event;
  std::string payload_json;  // an object, or empty
};

// kInvalid: the text says what is missing or wrong, and what a line looks like.
Result<KernelLine> parse_kernel_line(std::string_view line);

}  // namespace cell0::emit
