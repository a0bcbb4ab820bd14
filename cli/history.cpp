// `cell0 history`: pages of what the broker holds.
#include <algorithm>
#include <charconv>
#include <optional>

#include "cli/broker_session.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/printer.h"
#include "common/time_text.h"

namespace cell0::cli {
namespace {

int exit_code_of(const Error& error) {
  const bool away = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kTimeout;
  if (away) return kExitUnavailable;
  return error.code == ErrorCode::kInvalid ? kExitUsage : kExitFailed;
}

int fail(const Error& error) {
  complain(error.text);
  return exit_code_of(error);
}

// Digits are a seq, anything else is a time.
Result<void> set_since(const std::string& text, v1::HistoryRequest& request) {
  if (text.empty()) return {};
  std::uint64_t seq = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seq);
  if (error == std::errc{} && end == text.data() + text.size()) {
    request.set_since(seq);
    return {};
  }
  const auto time = parse_time(text);
  if (!time) return Error{ErrorCode::kInvalid, "--since: " + time.error().text + ", and not a seq"};
  request.set_since_time_us(to_unix_us(*time));
  return {};
}

// The request for what comes after a page; false: that was the last.
bool next_page(const v1::HistoryPage& page, std::uint32_t limit, std::uint64_t printed, v1::HistoryRequest& request) {
  if (page.end() || page.scanned_through() <= request.since()) return false;
  if (limit > 0 && printed >= limit) return false;
  request.set_since(page.scanned_through());
  if (request.through() == 0) request.set_through(page.head_seq());  // what came since is not asked for
  if (limit > 0) request.set_limit(static_cast<std::uint32_t>(limit - printed));
  request.set_newest(false);  // the first page found where they begin
  return true;
}

}  // namespace

int run_history(const Arguments& arguments, const Config& config) {
  const HistoryOptions& options = arguments.history;
  auto filter = filter_of(options.filter);
  if (!filter) return fail(filter.error());
  auto session = BrokerSession::create(config.link.control);
  if (!session) return fail(session.error());
  if (auto connected = (*session)->connect(arguments.timeout); !connected) return fail(connected.error());

  v1::HistoryRequest request;
  *request.mutable_filter() = *filter;
  if (auto since = set_since(options.since, request); !since) return fail(since.error());
  const bool asked_since = !options.since.empty();
  std::optional<std::uint64_t> began;  // the seq that --since came to
  request.set_through(options.through);
  request.set_limit(options.limit);
  request.set_newest(options.newest && options.limit > 0);
  Printer printer(options.pretty);
  while (true) {
    v1::Request question;
    *question.mutable_history() = request;
    const auto answer = (*session)->ask(std::move(question), arguments.timeout);
    if (!answer) return fail(answer.error());
    const v1::HistoryPage& page = answer->history();
    for (const v1::Delivered& event : page.events()) {
      if (!printer.print(event)) return kExitOk;  // nobody reads any more
    }
    if (!began) began = std::max(request.since(), page.since_seq());
    if (asked_since && page.trimmed_through() > *began) {
      complain("events up to seq " + std::to_string(page.trimmed_through()) + " may be missing: no longer held");
    }
    if (!next_page(page, options.limit, printer.printed(), request)) break;
  }
  return kExitOk;
}

}  // namespace cell0::cli
