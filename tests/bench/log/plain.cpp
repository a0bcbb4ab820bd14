#include "tests/bench/log/plain.h"

#include "common/check.h"
#include "common/store/schema.h"
#include "tests/bench/broker/load.h"

namespace cell0::bench {
namespace {

using std::chrono::steady_clock;
using store::Database;

double seconds_since(steady_clock::time_point begin) {
  return std::chrono::duration<double>(steady_clock::now() - begin).count();
}

class Plain {
 public:
  explicit Plain(const std::filesystem::path& file) {
    Database::Options options;
    options.access = Database::Access::kCreate;
    auto opened = Database::open(file, options);
    CELL0_CHECK(opened.ok());
    database_ = std::make_unique<Database>(std::move(*opened));
    CELL0_CHECK(store::make_schema(*database_).ok() && store::configure_writer(*database_).ok());
    auto insert = database_->prepare("INSERT INTO ev VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    CELL0_CHECK(insert.ok());
    insert_ = std::move(*insert);
  }

  void commit(std::size_t events) {
    auto transaction = store::Transaction::begin(*database_, store::Transaction::Kind::kWrite);
    CELL0_CHECK(transaction.ok());
    for (std::size_t i = 0; i < events; ++i, ++seq_) {
      insert_.bind(1, seq_).bind(2, seq_).bind(3, std::int64_t{1}).bind(4, std::int64_t{7}).bind(5, std::int64_t{1});
      CELL0_CHECK(insert_.bind(6, std::int64_t{0}).bind_blob(7, body_).run().ok());
    }
    CELL0_CHECK(transaction->commit().ok());
  }

 private:
  std::unique_ptr<Database> database_;
  store::Statement insert_;
  std::string body_ = event_of_200_bytes();
  std::int64_t seq_ = std::int64_t{1} << 50;  // as long as real ones
};

}  // namespace

double plain_durable_events_per_s(const std::filesystem::path& file, std::size_t batch, Duration within) {
  Plain plain(file);
  for (int i = 0; i < 20; ++i) plain.commit(batch);
  const auto begin = steady_clock::now();
  std::size_t events = 0;
  for (; steady_clock::now() - begin < within; events += batch) plain.commit(batch);
  return static_cast<double>(events) / seconds_since(begin);
}

std::vector<double> plain_commit_seconds(const std::filesystem::path& file, std::size_t batch, std::size_t count) {
  Plain plain(file);
  std::vector<double> took;
  for (std::size_t i = 0; i < count; ++i) {
    const auto begin = steady_clock::now();
    plain.commit(batch);
    took.push_back(seconds_since(begin));
  }
  return took;
}

double plain_replay_events_per_s(const std::filesystem::path& file) {
  auto database = Database::open(file, {});
  CELL0_CHECK(database.ok() && store::configure_reader(*database).ok());
  auto rows = database->prepare("SELECT seq, ts, type, prio, topic, relaxed, body FROM ev ORDER BY seq");
  CELL0_CHECK(rows.ok());
  const auto begin = steady_clock::now();
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  for (auto row = rows->step(); row.ok() && *row; row = rows->step(), ++events) bytes += rows->blob(6).size();
  CELL0_CHECK(bytes > 0);
  return static_cast<double>(events) / seconds_since(begin);
}

}  // namespace cell0::bench
