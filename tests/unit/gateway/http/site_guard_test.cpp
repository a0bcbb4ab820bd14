// Host and Origin: who is meant, and which pages may speak to us.
#include "gateway/http/site_guard.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

namespace {

HttpRequest request(const std::string& host, const std::string& origin = "") {
  HttpRequest made;
  if (!host.empty()) made.headers.push_back({"host", host});
  if (!origin.empty()) made.headers.push_back({"origin", origin});
  return made;
}

}  // namespace

TEST_CASE("a host that is no name of this server is refused, whatever DNS says") {
  const SiteGuard guard({"Cell0.example.org"}, {});
  struct Row {
    const char* host;
    bool passes;
  };
  const Row rows[] = {
      {"", false},
      {"evil.example.com", false},
      {"evil.example.com:8080", false},
      {"localhost.evil.example.com", false},
      {"notlocalhost", false},
      {"127.0.0.1.evil.example.com", false},
      {"127.1", false},
      {"2130706433", false},
      {"::1", false},
      {"[::1", false},
      {"[]", false},
      {"sub.cell0.example.org", false},
      {"localhost, evil.example.com", false},
      {"localhost", true},
      {"LOCALHOST:8080", true},
      {"app.localhost:8080", true},
      {"127.0.0.1", true},
      {"127.0.0.1:8080", true},
      {"192.168.1.5:8080", true},
      {"[::1]", true},
      {"[::1]:8080", true},
      {"[2001:DB8::5]:8080", true},
      {"cell0.example.org", true},
      {"CELL0.EXAMPLE.ORG:443", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    const auto checked = guard.check_host(request(row.host));
    CHECK(checked.ok() == row.passes);
    if (!checked) CHECK(checked.error().code == ErrorCode::kForbidden);
  }
  HttpRequest old = request("");
  old.http_1_0 = true;
  CHECK(guard.check_host(old).ok());
}

TEST_CASE("the text of a refusal names the host, but not all of it") {
  const SiteGuard guard({}, {});
  CHECK(guard.check_host(request("evil.example.com:80")).error().text ==
        "host: \"evil.example.com\" is not a name of this server; add it to gateway.auth.allowed_hosts");
  CHECK(guard.check_host(request(std::string(10'000, 'x'))).error().text.size() < 250);
}

TEST_CASE("a page from elsewhere is refused, our own and loopback's are not") {
  const SiteGuard guard({"cell0.example.org"}, {"HTTPS://App.example.org"});
  struct Row {
    const char* host;
    const char* origin;
    bool passes;
  };
  const Row rows[] = {
      {"localhost:8080", "http://evil.example.com", false},
      {"localhost:8080", "http://localhost.evil.example.com", false},
      {"localhost:8080", "http://192.168.1.5:8080", false},
      {"localhost:8080", "null", false},
      {"localhost:8080", "file://", false},
      {"localhost:8080", "localhost:8080", false},
      {"cell0.example.org", "http://localhost:3000", false},
      {"192.168.1.5:8080", "http://localhost:3000", false},
      {"192.168.1.5:8080", "http://192.168.1.5:3000", false},
      {"cell0.example.org", "https://cell0.example.org:8443", false},
      {"cell0.example.org", "http://app.example.org", false},
      {"cell0.example.org", "https://app.example.org:444", false},
      {"localhost:8080", "", true},
      {"localhost:8080", "http://localhost:8080", true},
      {"localhost:8080", "HTTP://LOCALHOST:3000", true},
      {"127.0.0.1:8080", "http://localhost:3000", true},
      {"[::1]:8080", "http://127.0.0.1", true},
      {"localhost:8080", "http://[::1]:3000", true},
      {"localhost", "http://app.localhost", true},
      {"192.168.1.5:8080", "http://192.168.1.5:8080", true},
      {"cell0.example.org", "https://cell0.example.org", true},
      {"cell0.example.org", "https://app.example.org", true},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CAPTURE(row.origin);
    const auto checked = guard.check_origin(request(row.host, row.origin));
    CHECK(checked.ok() == row.passes);
    if (!checked) CHECK(checked.error().code == ErrorCode::kForbidden);
  }
}

TEST_CASE("null is an origin that can be allowed") {
  const SiteGuard guard({}, {"null"});
  CHECK(guard.check_origin(request("localhost", "null")).ok());
  CHECK_FALSE(guard.check_origin(request("localhost", "http://evil.example.com")).ok());
}

TEST_CASE("the host of an authority comes without port and brackets, in lower case") {
  CHECK(host_of("Example.ORG:80") == "example.org");
  CHECK(host_of("example.org") == "example.org");
  CHECK(host_of("[2001:DB8::1]:80") == "2001:db8::1");
  CHECK(host_of("[::1") == "");
  CHECK(host_of("") == "");
  CHECK(host_of(":80") == "");
}

TEST_CASE("loopback is a name or an address") {
  for (const char* host : {"localhost", "a.localhost", "127.0.0.1", "127.255.0.9", "::1", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(host);
    CHECK(is_loopback_name(host));
  }
  for (const char* host : {"", "localhos", "xlocalhost", "128.0.0.1", "::2", "::", "127.0.0.1.x", "0.0.0.0"}) {
    CAPTURE(host);
    CHECK_FALSE(is_loopback_name(host));
  }
}

TEST_CASE("a page is our own by its origin, not by being of this machine") {
  const SiteGuard guard({}, {"https://app.example.org"});
  CHECK(guard.is_own_page(request("localhost:8080", "http://localhost:8080")));
  CHECK(guard.is_own_page(request("localhost:8080", "https://APP.example.org")));
  CHECK_FALSE(guard.is_own_page(request("localhost:8080")));
  CHECK_FALSE(guard.is_own_page(request("localhost:8080", "null")));
  CHECK_FALSE(guard.is_own_page(request("localhost:8080", "http://localhost:3000")));
  CHECK_FALSE(guard.is_own_page(request("localhost:8080", "http://127.0.0.1:8080")));
}
