#include "emitters/kernel/kernel_line.h"

#include <doctest/doctest.h>

#include <string>

using namespace cell0;
using cell0::emit::parse_kernel_line;

TEST_CASE("a kernel's line that is wrong is refused, and the error says what a line looks like") {
  const std::pair<std::string, const char*> rows[] = {{"", "kernel_id: missing"},
                                                      {"   ", "kernel_id: missing"},
                                                      {"gpu0", "event: missing"},
                                                      {"gpu0 started nonsense", "payload"},
                                                      {"gpu0 started [1]", "payload: not a JSON object"},
                                                      {"gpu0 started {} {}", "payload"},
                                                      {"{", "JSON"},
                                                      {"{}", "kernel_id: missing"},
                                                      {R"({"kernel_id":"k"})", "event: missing"},
                                                      {R"({"kernel_id":1,"event":"e"})", "kernel_id: missing"},
                                                      {R"({"kernel_id":"k","event":"e","payload":1})", "payload"},
                                                      {std::string(129, 'k') + " e", "128"},
                                                      {"gpu0 \xff", "UTF-8"}};
  for (const auto& row : rows) {
    CAPTURE(row.first);
    const auto parsed = parse_kernel_line(row.first);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().code == ErrorCode::kInvalid);
    CHECK(parsed.error().text.find(row.second) != std::string::npos);
  }
}

TEST_CASE("words and JSON say the same") {
  for (const char* line : {R"(gpu0 kernel_started {"grid": 128})", R"(  gpu0	kernel_started   {"grid": 128}  )"}) {
    const auto parsed = parse_kernel_line(line);
    REQUIRE(parsed.ok());
    CHECK(parsed->kernel_id == "gpu0");
    CHECK(parsed->event == "kernel_started");
    CHECK(parsed->payload_json == R"({"grid": 128})");
  }
  const auto json = parse_kernel_line(R"({"kernel_id":"gpu 0","event":"kernel_started","payload":{"grid":128}})");
  REQUIRE(json.ok());
  CHECK(json->kernel_id == "gpu 0");
  CHECK(json->payload_json == R"({"grid":128})");
  CHECK(parse_kernel_line("gpu0 done")->payload_json.empty());
}
