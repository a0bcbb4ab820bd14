// A log in a directory of its own, without threads: jobs run when the test says so.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "broker/log/log_history.h"
#include "broker/log/log_sequencer.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {

class ManualWorker final : public Worker {
 public:
  void run(std::function<void()> job, std::function<void()> done) override {
    REQUIRE(tasks_.size() < kJobsMax);
    tasks_.emplace_back(std::move(job), std::move(done));
  }
  std::size_t waiting() const { return tasks_.size(); }
  void run_one() {
    auto [job, done] = std::move(tasks_.front());
    tasks_.pop_front();
    job();
    done();
  }
  void run_all() {
    while (!tasks_.empty()) run_one();
  }

 private:
  std::deque<std::pair<std::function<void()>, std::function<void()>>> tasks_;
};

class LogFixture {
 public:
  explicit LogFixture(std::vector<Rule> given = {}, KeepLimits limits = {})
      : rules_given(std::move(given)), keep(limits) {}

  LogSequencer::Options options() const {
    LogSequencer::Options options;
    options.log.path = dir.path() / "log.db";
    options.log.keep = keep;
    options.log.machine = machine;
    options.log.vfs = vfs;
    options.ballast = dir.path() / "log.ballast";
    options.ballast_bytes = ballast_bytes;
    options.seq_block = 1000;
    return options;
  }
  Result<void> try_start() {
    rules = std::make_unique<RuleTable>(RuleTable::create(rules_given).value());
    auto made = LogSequencer::create(options(), *rules, reserve, worker, clock);
    if (!made) return made.error();
    log = std::move(*made);
    log->on_committed([this](Drafts& drafts) { published += drafts.size(); });
    log->on_notice([this](const std::string& text) { notices.push_back(text); });
    history = std::make_unique<LogHistory>(LogHistory::Options{dir.path() / "log.db", 100, vfs}, *rules, log->holes(),
                                           reader);
    return {};
  }
  void start() {
    const auto started = try_start();
    INFO((started ? "" : started.error().text));
    REQUIRE(started);
  }
  // As a crash does it: nothing is said to the log.
  void crash() {
    history.reset();
    log.reset();
  }
  void stop() {
    log->close([] {});
    worker.run_all();
    crash();
  }

  std::unique_ptr<Drafts> drafts(const std::vector<v1::Envelope>& events, v1::Durability durability = v1::DURABLE) {
    auto made = std::make_unique<Drafts>(16, 1 << 20);
    for (const v1::Envelope& event : events) add(*made, event, durability);
    return made;
  }
  void add(Drafts& to, const v1::Envelope& event, v1::Durability durability = v1::DURABLE) {
    const std::string type(type_of(event));
    const std::string topic = topic_of(event, type);
    to.add({topic, type, priority_of(event, event_type_or_user(type)), durability, rules->match(topic, type)},
           event.SerializeAsString());
  }
  // Appends and commits; the seqs by index, or why not.
  Result<std::vector<Seq>> append(std::unique_ptr<Drafts> given) {
    Result<std::vector<Seq>> answer = Error{ErrorCode::kInternal, "not answered"};
    log->append(std::move(given), clock.wall(), [&](std::unique_ptr<Drafts> done, const Result<void>& result) {
      if (!result) {
        answer = result.error();
        return;
      }
      std::vector<Seq> seqs;
      for (std::size_t i = 0; i < done->added(); ++i) seqs.push_back(done->seq_of(i));
      answer = seqs;
    });
    worker.run_all();
    return answer;
  }
  Seq append(const v1::Envelope& event, v1::Durability durability = v1::DURABLE) {
    const auto seqs = append(drafts({event}, durability));
    REQUIRE(seqs);
    return seqs->at(0);
  }

  v1::HistoryPage page(const v1::HistoryRequest& request) {
    auto query = HistoryQuery::create(request, log->head(), 256 * 1024);
    REQUIRE(query);
    v1::HistoryPage found;
    bool answered = false;
    history->page(std::move(*query), [&](const Result<std::string>& encoded) {
      answered = true;
      INFO((encoded ? "" : encoded.error().text));
      REQUIRE(encoded);
      REQUIRE(found.ParseFromString(*encoded));
    });
    CHECK_FALSE(answered);
    reader.run_all();
    REQUIRE(answered);
    return found;
  }
  std::vector<std::uint64_t> stored(const v1::HistoryRequest& request = {}) {
    std::vector<std::uint64_t> seqs;
    const v1::HistoryPage found = page(request);
    for (const v1::Delivered& event : found.events()) seqs.push_back(event.seq());
    return seqs;
  }

  TempDir dir;
  std::vector<Rule> rules_given;
  KeepLimits keep;
  std::string machine = "machine-1";
  std::string vfs;
  std::uint64_t ballast_bytes = 0;
  ManualClock clock;
  FakeReserve reserve;
  ManualWorker worker, reader;
  std::unique_ptr<RuleTable> rules;
  std::unique_ptr<LogSequencer> log;
  std::unique_ptr<LogHistory> history;
  std::size_t published = 0;
  std::vector<std::string> notices;
};

}  // namespace cell0::broker
