// One HTTP GET to a process of ours, and its body: the private admin listeners speak no more than that.
#pragma once

#include <chrono>
#include <string>

#include "common/result.h"

namespace cell0::cli {

// `url`: "http://127.0.0.1:9610". kInvalid: no such URL; kUnavailable: nobody there, not within `timeout`, an answer
// other than 200, or one over bytes_max.
Result<std::string> http_get(const std::string& url, const std::string& path_and_query,
                             std::chrono::milliseconds timeout);

}  // namespace cell0::cli
