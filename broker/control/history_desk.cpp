#include "broker/control/history_desk.h"

#include <asio/post.hpp>

#include "broker/wire.h"

namespace cell0::broker {

HistoryDesk::HistoryDesk(asio::io_context& io, const Limits& limits, const Store& store, const Chain& chain,
                         Answers& answers, Counters& counters)
    : io_(io), limits_(limits), store_(store), chain_(chain), answers_(answers), counters_(counters) {}

HistoryDesk::~HistoryDesk() { *alive_ = false; }

Result<void> HistoryDesk::open(std::string_view peer, std::uint64_t id, std::string_view body) {
  v1::HistoryRequest request;
  if (!request.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Error{ErrorCode::kInvalid, "history: not an encoded cell0.v1.HistoryRequest"};
  }
  auto query = HistoryQuery::create(request, chain_.head(), limits_.page_bytes_max);
  if (!query) return Error{query.error().code, "history.filter." + query.error().text};

  const auto known = per_peer_.find(std::string(peer));
  const std::size_t open = known == per_peer_.end() ? 0 : known->second;
  if (open >= limits_.histories_per_peer_max || scans_.size() >= limits_.histories_max) {
    ++counters_.history_refused;
    return Error{ErrorCode::kUnavailable, "history: " + std::to_string(open) + " requests of this peer and " +
                                              std::to_string(scans_.size()) + " in all are open; ask again later"};
  }
  ++per_peer_[std::string(peer)];
  scans_.push_back({std::string(peer), id, HistoryScan(store_, std::move(*query))});
  post_slice();
  return {};
}

void HistoryDesk::post_slice() {
  if (posted_ || scans_.empty()) return;
  posted_ = true;
  asio::post(io_, [this, alive = alive_] {
    if (*alive) slice();
  });
}

void HistoryDesk::slice() {
  posted_ = false;
  if (scans_.empty()) return;
  const auto front = scans_.begin();
  if (front->scan.step(limits_.scan_records_per_slice))
    finish(front);
  else
    scans_.splice(scans_.end(), scans_, front);
  post_slice();
}

void HistoryDesk::finish(std::list<Open>::iterator open) {
  std::string encoded;
  wire::put_number(encoded, v1::Response::kIdFieldNumber, open->id);
  wire::put_bytes(encoded, v1::Response::kHistoryFieldNumber, open->scan.take_page(chain_.head()));
  answers_.send_encoded(open->peer, encoded);
  ++counters_.history_pages;
  forget(open);
}

void HistoryDesk::forget(std::list<Open>::iterator open) {
  const auto peer = per_peer_.find(open->peer);
  if (--peer->second == 0) per_peer_.erase(peer);
  scans_.erase(open);
}

void HistoryDesk::close() {
  while (!scans_.empty()) {
    answers_.fail(scans_.front().peer, scans_.front().id, v1::Failure::UNAVAILABLE, "the broker is stopping");
    forget(scans_.begin());
  }
}

}  // namespace cell0::broker
