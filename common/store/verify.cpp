#include "common/store/verify.h"

#include "cell0/v1/event.pb.h"
#include "common/event_schema.h"

namespace cell0::store {
namespace {

constexpr std::size_t kRowsPerSnapshot = 20'000;
constexpr int kProblemsMax = 100;  // of SQLite's own check, shown

class Verifier {
 public:
  Verifier(LogReader& log, const VerifyHandlers& handlers) : log_(log), handlers_(handlers) {}

  Result<Verified> run() {
    if (auto checked = check_file(); !checked) return checked.error();
    const Seq reached = walk(Direction::kForward, {Seq{}, kSeqMax});
    if (reached < kSeqMax) {
      found_.problems++;
      handlers_.problem("events after seq " + std::to_string(reached.value) + " cannot be read: " + failure_);
      const Seq back = walk(Direction::kBackward, {reached, kSeqMax});
      if (back <= kSeqMax) handlers_.problem("events from seq " + std::to_string(back.value) + " on can be read again");
    }
    if (auto counted = check_counts(); !counted) return counted.error();
    return found_;
  }

 private:
  void problem(const std::string& text) {
    ++found_.problems;
    handlers_.problem(text);
  }

  Result<void> check_file() {
    auto rows = log_.database().prepare("PRAGMA integrity_check(" + std::to_string(kProblemsMax) + ")");
    if (!rows) return rows.error();
    auto row = rows->step();
    for (; row && *row; row = rows->step()) {
      if (rows->text(0) != "ok") problem("file: " + std::string(rows->text(0)));
    }
    if (!row) problem("file: " + row.error().text);
    return {};
  }

  // How far it got; the end of the range unless something could not be read.
  Seq walk(Direction direction, Range range) {
    RowFilter everything{EventFilter()};
    while (true) {
      auto snapshot = log_.begin();
      auto walk = log_.walk(everything, range, direction);
      std::size_t rows = kRowsPerSnapshot;
      Result<bool> more = false;
      if (walk) {
        for (more = walk->next(rows); more && *more; more = walk->next(rows)) look_at(*walk, direction);
      }
      if (!walk || !more) {
        failure_ = walk ? more.error().text : walk.error().text;
        return walk ? walk->reached() : range.after;
      }
      if (handlers_.progress) handlers_.progress(found_.events);
      if (walk->ended()) return direction == Direction::kForward ? range.through : range.after.next();
      (direction == Direction::kForward ? range.after : range.through) =
          direction == Direction::kForward ? walk->reached() : walk->reached().prev();
    }
  }

  void look_at(const LogReader::Walk& event, Direction direction) {
    const std::string at = "seq " + std::to_string(event.seq().value) + ": ";
    const auto type = log_.type_name(event.type());
    const auto topic = log_.topic_name(event.topic());
    v1::Envelope envelope;
    if (!type) return problem(at + "its type has no name");
    if (!topic) return problem(at + "its topic has no name");
    if (!envelope.ParseFromArray(event.body().data(), static_cast<int>(event.body().size()))) {
      return problem(at + "its body is no Envelope");
    }
    if (type_of(envelope) != *type) {
      return problem(at + "its body is a " + std::string(type_of(envelope)) + ", its type says " + std::string(*type));
    }
    if (direction == Direction::kForward) {
      if (event.taken() < newest_) problem(at + "taken before the event in front of it");
      newest_ = event.taken();
      found_.last = event.seq();
    }
    if (found_.events++ == 0) found_.first = event.seq();
  }

  Result<void> check_counts() {
    const auto counted = log_.database().integer("SELECT sum(events) FROM rule");
    const auto there = log_.database().integer("SELECT count(*) FROM ev NOT INDEXED");
    if (!counted || !there) return {};  // has been said
    const auto rules = log_.database().integer("SELECT count(*) FROM rule");
    if (rules && *rules > 0 && *counted != *there) {
      problem("the rules count " + std::to_string(*counted) + " events, there are " + std::to_string(*there));
    }
    return {};
  }

  LogReader& log_;
  const VerifyHandlers& handlers_;
  Verified found_;
  WallTime newest_{};
  std::string failure_;
};

}  // namespace

Result<Verified> verify(LogReader& log, const VerifyHandlers& handlers) { return Verifier(log, handlers).run(); }

}  // namespace cell0::store
