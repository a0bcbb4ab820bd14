// Is this request meant for us, and may the page that sent it speak to us? Host and Origin checks against DNS rebinding
// and cross-site WebSocket hijacking (design, section 8). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.h"
#include "common/result.h"

namespace cell0::gateway {

class SiteGuard {
 public:
  // Names beyond IP addresses and localhost that this server goes by; origins beyond its own that may speak to it
  // ("https://app.example.org", "null").
  SiteGuard(std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins);

  // kForbidden: the Host header names neither an IP address nor localhost nor an allowed host. A name that an
  // attacker's DNS may have pointed at us is none of these.
  Result<void> check_host(const HttpRequest& request) const;

  // kForbidden: a browser's page from elsewhere. Passed: no Origin (not a browser), the Host itself, an allowed origin,
  // and on a loopback host any loopback origin, whatever its port. REQUIRES: check_host passed.
  Result<void> check_origin(const HttpRequest& request) const;

  // Whether the request names an Origin, and that is this server's own or an allowed one: not just another page of
  // this machine.
  bool is_own_page(const HttpRequest& request) const;

 private:
  std::vector<std::string> allowed_hosts_;
  std::vector<std::string> allowed_origins_;
};

// The host of "host", "host:80", "[::1]:80", lower case, without brackets; empty if it is none.
std::string host_of(std::string_view authority);
bool is_loopback_name(std::string_view host);  // localhost, *.localhost, 127.0.0.0/8, ::1

}  // namespace cell0::gateway
