// http_get: one blocking GET, bounded in time and size. The only user of libcurl.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "common/result.h"

namespace cell0::emit {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

// One thread at a time; keeps its connections between requests.
class HttpGetter {
 public:
  static constexpr std::size_t kBodyBytesMax = 4u << 20;

  // A request ends early once `stop` is true. `stop` outlives the getter.
  HttpGetter(std::chrono::milliseconds timeout, const std::atomic<bool>& stop);
  ~HttpGetter();
  HttpGetter(const HttpGetter&) = delete;
  HttpGetter& operator=(const HttpGetter&) = delete;

  // http and https only; follows no redirect; proxies of the environment, but not for this machine.
  // kUnavailable: no connection or no answer in time; kTooLarge: the body. An error status is an answer.
  Result<HttpAnswer> get(const std::string& url);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cell0::emit
