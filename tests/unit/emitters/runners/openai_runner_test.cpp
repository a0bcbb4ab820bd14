// The openai runner against a server of the test's own, on the same loop.
#include "emitters/runners/openai_runner.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/write.hpp>
#include <fstream>

#include "tests/unit/emitters/runners/run_log.h"

namespace cell0::emit {
namespace {

using asio::ip::tcp;

constexpr const char* kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
constexpr const char* kHello = "data: {\"choices\":[{\"delta\":{\"content\":\"Hello\"}}]}\n\n";

// Answers one request with the bytes it was given, and then closes, or says no more.
class Server {
 public:
  explicit Server(asio::io_context& io) : acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)), peer_(io) {
    acceptor_.async_accept(peer_, [this](const asio::error_code& error) {
      if (!error) read();
    });
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/v1/"; }

  std::string answer;
  bool flood = false;  // the answer again and again
  bool close = true;
  std::string request;
  std::size_t answers = 0;

 private:
  void read() {
    asio::async_read_until(peer_, asio::dynamic_buffer(request), "\"include_usage\":true}}",
                           [this](const asio::error_code& error, std::size_t) {
                             if (!error) write();
                           });
  }
  void write() {
    asio::async_write(peer_, asio::buffer(answer), [this](const asio::error_code& error, std::size_t) {
      ++answers;
      if (answer.starts_with(kHead)) answer.erase(0, std::string_view(kHead).size());
      if (flood && !error) return write();
      if (close || error) peer_.close();
    });
  }

  tcp::acceptor acceptor_;
  tcp::socket peer_;
};

struct Fixture {
  asio::io_context io;
  Server server{io};
  RunLog log;
  RunnerConfig config;
  std::unique_ptr<Runner> runner;
  std::unique_ptr<Run> run;

  Fixture() {
    config.name = "model";
    config.kind = RunnerKind::kOpenai;
    config.model = "tiny";
    config.url = server.url();
  }

  void start(std::string answer) {
    server.answer = std::move(answer);
    auto made = make_runner(io, config);
    REQUIRE(made.ok());
    runner = std::move(*made);
    auto started = runner->start({.prompt = "Hi"}, log);
    REQUIRE(started.ok());
    run = std::move(*started);
  }

  const RunResult& end() {
    REQUIRE(run_until(io, [this] { return log.end.has_value(); }));
    return *log.end;
  }
  std::string endpoint() const { return server.url() + "chat/completions"; }
};

TEST_CASE_FIXTURE(Fixture, "an answer is streamed, and its tokens are the server's") {
  const std::string key_file = "/tmp/cell0_openai_runner_test." + std::to_string(::getpid());
  std::ofstream(key_file) << "sk-test\n";
  config.api_key_file = key_file;
  start(std::string(kHead) + kHello +
        "data: {\"choices\":[{\"delta\":{\"content\":\" world\"},\"finish_reason\":\"stop\"}]}\n\n" +
        "data: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\ndata: [DONE]\n\n");
  std::remove(key_file.c_str());
  CHECK(end().ok);
  CHECK(log.text() == "Hello world");
  CHECK(end().tokens == 9);
  CHECK(end().details_json == R"({"finish_reason":"stop"})");
  CHECK(server.request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"));
  CHECK(server.request.find("Authorization: Bearer sk-test\r\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a server that closes after its finish reason has said all") {
  start(std::string(kHead) + kHello + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
  CHECK(end().ok);
}

TEST_CASE_FIXTURE(Fixture, "nobody there is unreachable") {
  config.url = "http://127.0.0.1:1/v1";
  start("");
  CHECK(end().error_code == "unreachable");
  CHECK(end().error.starts_with("unreachable: http://127.0.0.1:1/v1/chat/completions: "));
}

TEST_CASE_FIXTURE(Fixture, "an error status is told with its message") {
  start("HTTP/1.1 404 Not Found\r\nContent-Length: 37\r\n\r\n{\"error\":{\"message\":\"no such model\"}}");
  CHECK(end().error == "http_status: " + endpoint() + ": answered 404: no such model");
}

TEST_CASE_FIXTURE(Fixture, "a redirect is not followed") {
  start("HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n");
  CHECK(end().error == "http_status: " + endpoint() + ": answered 302");
}

TEST_CASE_FIXTURE(Fixture, "another content type is no stream") {
  start("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>");
  CHECK(end().error == "bad_stream: " + endpoint() + ": answered text/html, not text/event-stream");
}

TEST_CASE_FIXTURE(Fixture, "a broken stream is told with what was wrong") {
  start(std::string(kHead) + kHello + "data: {\"choices\":\n\n");
  CHECK(end().error == "bad_stream: " + endpoint() + ": an event that is not JSON: {\"choices\":");
  CHECK(log.text() == "Hello");
}

TEST_CASE_FIXTURE(Fixture, "lines that are no stream are told") {
  start(std::string(kHead) + kHello + "oops\n\n");
  CHECK(end().error == "bad_stream: " + endpoint() + ": \"oops\" is no line of an event stream");
}

TEST_CASE_FIXTURE(Fixture, "an error within the stream is the server's") {
  start(std::string(kHead) + kHello + "data: {\"error\":{\"message\":\"out of memory\"}}\n\n");
  CHECK(end().error == "server_error: " + endpoint() + ": out of memory");
}

TEST_CASE_FIXTURE(Fixture, "an end in the middle is a disconnection") {
  start(std::string(kHead) + kHello);
  CHECK(end().error == "disconnected: " + endpoint() + ": closed before the end of its answer");
}

TEST_CASE_FIXTURE(Fixture, "no answer at all is a disconnection") {
  start("");
  CHECK(end().error_code == "disconnected");
}

TEST_CASE_FIXTURE(Fixture, "a stall in mid-stream is ended") {
  config.stall = std::chrono::milliseconds(30);
  server.close = false;
  start(std::string(kHead) + kHello);
  CHECK(end().error == "stalled: " + endpoint() + ": nothing for 30 ms");
}

TEST_CASE_FIXTURE(Fixture, "an endless answer is ended at its time") {
  config.timeout = std::chrono::milliseconds(30);
  server.close = false;
  start(std::string(kHead) + kHello);
  CHECK(end().error == "timeout: not done after 30 ms");
}

TEST_CASE_FIXTURE(Fixture, "a flood is ended at its bound") {
  config.output_bytes_max = 1000;
  server.flood = true;
  std::string many;
  for (int i = 0; i < 1000; ++i) many += kHello;
  start(kHead + many);
  CHECK(end().error == "output_limit: more than 1000 bytes of output");
  CHECK(log.bytes == 1000);
}

TEST_CASE_FIXTURE(Fixture, "a stop closes the connection") {
  server.close = false;
  start(std::string(kHead) + kHello);
  REQUIRE(run_until(io, [this] { return log.text() == "Hello"; }));
  run->cancel();
  CHECK_FALSE(log.end);
  CHECK(end().error == "cancelled: the task was stopped");
}

TEST_CASE_FIXTURE(Fixture, "while it is paused the server waits") {
  config.output_bytes_max = 1u << 30;
  server.flood = true;
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += kHello;
  start(kHead + many);
  REQUIRE(run_until(io, [this] { return log.bytes > 0; }));
  run->pause(true);
  std::size_t before = 0;
  do {  // until the socket's buffers are full and nothing moves
    before = server.answers;
    io.restart();
    io.run_for(std::chrono::milliseconds(30));
  } while (server.answers != before);
  const std::size_t at_pause = log.bytes;
  io.restart();
  io.run_for(std::chrono::milliseconds(20));
  CHECK(log.bytes == at_pause);
  run->pause(false);
  CHECK(run_until(io, [&] { return log.bytes > at_pause + 1'000'000; }));
}

TEST_CASE_FIXTURE(Fixture, "a key that is not there is a mistake of the configuration") {
  config.api_key_file = "/nonexistent/key";
  const auto made = make_runner(io, config);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().text ==
        "runner model: /nonexistent/key: no such file, or its first line is no key (printable, without blanks)");
}

}  // namespace
}  // namespace cell0::emit
