// RunOutput: what every kind of run does with its output: counts it, keeps its beginning for the result, ends it at its
// bound, and tells the end once.
#pragma once

#include <string>
#include <string_view>

#include "emitters/runners/runner.h"

namespace cell0::emit {

// The words that a failed run's error begins with.
namespace run_error {
inline constexpr std::string_view kCancelled = "cancelled";        // it was asked to end
inline constexpr std::string_view kTimeout = "timeout";            // of the whole run
inline constexpr std::string_view kOutputLimit = "output_limit";   // more than output_bytes_max
inline constexpr std::string_view kExitStatus = "exit_status";     // exec: ended with another code than 0
inline constexpr std::string_view kSignal = "killed_by_signal";    // exec
inline constexpr std::string_view kUnreachable = "unreachable";    // openai: no connection
inline constexpr std::string_view kHttpStatus = "http_status";     // openai: another status than 200
inline constexpr std::string_view kStalled = "stalled";            // openai: nothing for stall_ms
inline constexpr std::string_view kBadStream = "bad_stream";       // openai: not what the protocol says
inline constexpr std::string_view kServerError = "server_error";   // openai: an error within the stream
inline constexpr std::string_view kDisconnected = "disconnected";  // openai: ended in the middle
}  // namespace run_error

class RunOutput {
 public:
  // The observer outlives it.
  RunOutput(RunObserver& observer, std::size_t bytes_max) : observer_(observer), bytes_max_(bytes_max) {}

  // false: it is over the bound, and nothing was told. `text` must be well-formed UTF-8.
  bool chunk(ChunkType type, std::string_view text);
  bool tool_start(std::string_view name, std::string_view input_json);
  bool tool_result(std::string_view name, std::string_view result_json, std::string_view error);

  // Tokens as the server or the command says; without it chunks are counted.
  void set_tokens(std::uint64_t tokens);

  // The first of these is the end: what is called after it says nothing. Whoever owns this may be destroyed by them.
  void succeed(std::string details_json);
  void fail(std::string_view code, const std::string& what, std::string details_json = "{}");
  void fail_over_bound();

  std::uint64_t bytes() const { return bytes_; }

 private:
  bool admit(std::size_t bytes);
  void keep(std::string_view text);
  void tell(bool ok, std::string details_json);

  RunObserver& observer_;
  std::size_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::uint64_t chunks_ = 0;
  bool has_tokens_ = false;
  bool told_ = false;  // the end
  RunResult result_;
};

}  // namespace cell0::emit
