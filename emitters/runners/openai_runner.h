// The openai runner: any server that speaks OpenAI's streamed chat completions (Ollama, vLLM, llama.cpp, ...).
//
// Each way to fail has its word in the error: unreachable, http_status, bad_stream, server_error, stalled,
// disconnected, timeout, output_limit, cancelled (run_output.h).
#pragma once

#include "emitters/runners/run_slots.h"
#include "emitters/runners/runner.h"

namespace cell0::emit {

class OpenaiRunner final : public Runner {
 public:
  // kInvalid: the key's file cannot be read, or holds no key.
  static Result<std::unique_ptr<Runner>> create(asio::io_context& io, const RunnerConfig& config);

  Result<std::unique_ptr<Run>> start(RunRequest request, RunObserver& observer) override;

 private:
  OpenaiRunner(asio::io_context& io, RunnerConfig config, std::string api_key)
      : Runner(std::move(config)), io_(io), api_key_(std::move(api_key)), slots_(this->config().runs_max) {}

  asio::io_context& io_;
  std::string api_key_;  // empty: none
  RunSlots slots_;
};

}  // namespace cell0::emit
