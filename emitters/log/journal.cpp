#include "emitters/log/journal.h"

namespace cell0::emit {
namespace {

// An entry with all its fields; a longer one is cut, is no JSON any more and is passed over.
constexpr std::size_t kEntryBytesMax = 256u << 10;

}  // namespace

Journal::Journal(asio::io_context& io, Random& random, Log& log, bool from_start, OnEntry on_entry)
    : io_(io),
      random_(random),
      log_(log),
      from_start_(from_start),
      on_entry_(std::move(on_entry)),
      backoff_(std::chrono::seconds(1), std::chrono::minutes(1)),
      retry_timer_(io) {
  start();
}

void Journal::start() {
  std::vector<std::string> command = {"journalctl", "--follow", "--output=json", "--all", "--quiet"};
  if (!cursor_.empty())
    command.push_back("--after-cursor=" + cursor_);
  else
    command.push_back(from_start_ ? "--lines=all" : "--lines=0");
  auto child = ChildLines::start(
      io_, command, kEntryBytesMax, [this](const LineSplitter::Line& line) { on_line(line); },
      [this](int status) { on_end(status); });
  if (!child) {
    log_.warn("the journal is not followed", {{"why", child.error().text}});
    return;
  }
  child_ = std::move(*child);
}

void Journal::on_line(const LineSplitter::Line& line) {
  if (std::string cursor = journal_cursor(line.text); !cursor.empty()) cursor_ = std::move(cursor);
  if (const auto entry = entry_of_journal(line.text)) {
    backoff_.reset();
    on_entry_(*entry);
  }
}

void Journal::on_end(int status) {
  child_.reset();
  const Duration wait = backoff_.next(random_);
  log_.warn("journalctl ended; it is started again",
            {{"status", status}, {"wait_ms", std::chrono::duration_cast<std::chrono::milliseconds>(wait).count()}});
  retry_timer_.expires_after(wait);
  retry_timer_.async_wait([this](const asio::error_code& error) {
    if (!error) start();
  });
}

}  // namespace cell0::emit
