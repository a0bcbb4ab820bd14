// What a run said, as lines, for tests of runners and of who uses them.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emitters/runners/runner.h"

namespace cell0::emit {

class RunLog final : public RunObserver {
 public:
  void on_chunk(ChunkType type, std::string_view text) override {
    lines.push_back(std::string(to_text(type)) + ": " + std::string(text));
    bytes += text.size();
  }
  void on_tool_start(std::string_view name, std::string_view input_json) override {
    lines.push_back("start " + std::string(name) + " " + std::string(input_json));
  }
  void on_tool_result(std::string_view name, std::string_view result_json, std::string_view error) override {
    lines.push_back("result " + std::string(name) + " " + std::string(error.empty() ? result_json : error));
  }
  void on_end(const RunResult& result) override { end = result; }

  // All text chunks together.
  std::string text() const {
    std::string all;
    for (const std::string& line : lines) {
      if (line.starts_with("text: ")) all += line.substr(6);
    }
    return all;
  }

  std::vector<std::string> lines;
  std::size_t bytes = 0;
  std::optional<RunResult> end;
};

// Runs the loop until `done` or for 20 s.
template <typename Done>
bool run_until(asio::io_context& io, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done() && std::chrono::steady_clock::now() < deadline) {
    io.restart();
    io.run_one_for(std::chrono::milliseconds(50));
  }
  return done();
}

}  // namespace cell0::emit
