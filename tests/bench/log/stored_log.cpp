#include "tests/bench/log/stored_log.h"

#include "common/check.h"
#include "common/wire.h"
#include "tests/bench/broker/load.h"

namespace cell0::bench {
namespace {

using namespace broker;
using std::chrono::steady_clock;

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

}  // namespace

StoredLog::StoredLog(const std::filesystem::path& dir)
    : dir_(dir),
      rules_(RuleTable::create({}).value()),
      reserve_(dir / "seq.reserve"),
      writer_(std::make_unique<ThreadWorker>(io_, "log-writer")),
      reader_(std::make_unique<ThreadWorker>(io_, "log-reader")) {
  LogSequencer::Options options;
  options.log.path = dir / "log.db";
  const auto begin = steady_clock::now();
  auto opened = LogSequencer::create(options, rules_, reserve_, *writer_, clock_);
  open_seconds_ = seconds_since(begin);
  CELL0_CHECK(opened.ok());
  sequencer_ = std::move(*opened);
  sequencer_->on_committed([](Drafts&) {});
  history_ = std::make_unique<LogHistory>(LogHistory::Options{options.log.path, 16'384, ""}, rules_,
                                          std::vector<Hole>{}, *reader_);
}

StoredLog::~StoredLog() {
  bool closed = false;
  sequencer_->close([&] { closed = true; });
  wait(closed);
  writer_->stop();
  reader_->stop();
}

void StoredLog::wait(const bool& done) {
  while (!done) {
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(100));
  }
}

double StoredLog::commit(std::size_t events, v1::Durability durability) {
  static const std::string kEnvelope = event_of_200_bytes();
  auto drafts = std::make_unique<Drafts>(256, 1 << 20);
  for (std::size_t i = 0; i < events; ++i, ++added_) {
    const std::string type = "type." + std::to_string(added_ % kTypes);
    drafts->add({"events." + type, type, 7, durability, 0}, kEnvelope);
  }
  bool done = false;
  const auto begin = steady_clock::now();
  sequencer_->append(std::move(drafts), clock_.wall(), [&](std::unique_ptr<Drafts>, const Result<void>& result) {
    CELL0_CHECK(result.ok());
    done = true;
  });
  wait(done);
  return seconds_since(begin);
}

std::string StoredLog::encoded_page(const v1::HistoryRequest& request) {
  auto query = HistoryQuery::create(request, head(), 256 * 1024);
  CELL0_CHECK(query.ok());
  std::string page;
  bool done = false;
  history_->page(std::move(*query), [&](const Result<std::string>& answer) {
    CELL0_CHECK(answer.ok());
    page = *answer;
    done = true;
  });
  wait(done);
  return page;
}

v1::HistoryPage StoredLog::page(const v1::HistoryRequest& request) {
  v1::HistoryPage page;
  CELL0_CHECK(page.ParseFromString(encoded_page(request)));
  return page;
}

double StoredLog::replay_events_per_s() {
  v1::HistoryRequest request;
  std::uint64_t replayed = 0;
  const auto begin = steady_clock::now();
  for (bool end = false; !end;) {
    const std::string page = encoded_page(request);
    wire::Reader reader(page);
    while (reader.next()) {
      if (reader.field() == v1::HistoryPage::kEventsFieldNumber) ++replayed;
      if (reader.field() == v1::HistoryPage::kScannedThroughFieldNumber) request.set_since(reader.number());
      if (reader.field() == v1::HistoryPage::kEndFieldNumber) end = reader.number() != 0;
    }
  }
  CELL0_CHECK(replayed == events());
  return static_cast<double>(replayed) / seconds_since(begin);
}

std::vector<double> StoredLog::last_50_seconds(std::size_t count) {
  v1::HistoryRequest request;
  request.mutable_filter()->add_types("type.7");
  request.set_newest(true);
  request.set_limit(50);
  std::vector<double> took;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = steady_clock::now();
    const std::string page = encoded_page(request);
    took.push_back(seconds_since(begin));
  }
  CELL0_CHECK(page(request).events_size() == 50);
  return took;
}

}  // namespace cell0::bench
