#include "common/config/rule.h"

#include <doctest/doctest.h>

#include <limits>

using namespace cell0;

namespace {

struct Row {
  std::string_view text;
  bool expected;
};

void check_rows(bool (*fits)(std::string_view), std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(fits(row.text) == row.expected);
  }
}

}  // namespace

TEST_CASE("addresses are numeric, and loopback is told from the rest") {
  check_rows(is_ip_address, {{"", false},
                             {"localhost", false},
                             {"127.0.0", false},
                             {"256.0.0.1", false},
                             {"[::1]", false},
                             {"127.0.0.1", true},
                             {"0.0.0.0", true},
                             {"::1", true},
                             {"fe80::1", true}});
  check_rows(is_loopback_address, {{"127.0.0.1", true},
                                   {"127.8.9.1", true},
                                   {"::1", true},
                                   {"0.0.0.0", false},
                                   {"::", false},
                                   {"10.0.0.1", false},
                                   {"127.example", false}});
}

TEST_CASE("a host and port is both") {
  check_rows(is_host_and_port, {{"", false},
                                {"127.0.0.1", false},
                                {":9600", false},
                                {"127.0.0.1:0", false},
                                {"127.0.0.1:65536", false},
                                {"127.0.0.1:96x", false},
                                {"::1:9600", false},
                                {"127.0.0.1:9600", true},
                                {"[::1]:9600", true},
                                {"broker.internal:9600", true}});
}

TEST_CASE("an endpoint is one of ZeroMQ's that we use") {
  check_rows(is_endpoint, {{"", false},
                           {"127.0.0.1:5550", false},
                           {"udp://127.0.0.1:5550", false},
                           {"tcp://127.0.0.1", false},
                           {"tcp://127.0.0.1:80800", false},
                           {"tcp:// 127.0.0.1:1", false},
                           {"ipc://", false},
                           {"tcp://127.0.0.1:5550", true},
                           {"tcp://127.0.0.1:*", true},
                           {"tcp://*:5550", true},
                           {"tcp://[::1]:5550", true},
                           {"tcp://broker:5550", true},
                           {"ipc:///run/cell0/ingest", true},
                           {"inproc://ingest", true}});
}

TEST_CASE("URLs, origins, topics and names") {
  check_rows(kHttpUrl.fits, {{"127.0.0.1:11434", false},
                             {"ftp://a", false},
                             {"http://", false},
                             {"http://a:b", false},
                             {"http://a b", false},
                             {"http://127.0.0.1:11434", true},
                             {"https://models.example/v1", true},
                             {"http://[::1]:80/", true}});
  check_rows(kOrigin.fits, {{"", false},
                            {"example.org", false},
                            {"https://example.org/", false},
                            {"null", true},
                            {"https://example.org", true},
                            {"http://localhost:3000", true}});
  check_rows(kTopicPrefix.fits,
             {{"events.", false}, {"a b", false}, {"events.*", false}, {"", true}, {"events", true}});
  check_rows(kOptionalName.fits, {{"a b", false}, {"a/b", false}, {"", true}, {"gw-1.lan", true}});
}

TEST_CASE("a range without a practical end says so") {
  CHECK(range_rule(1, 10) == "a whole number from 1 to 10");
  CHECK(range_rule(0, std::numeric_limits<std::int64_t>::max()) == "a whole number from 0 on");
}
