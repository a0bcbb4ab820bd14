#include "broker/control/history_desk.h"

#include "common/wire.h"

namespace cell0::broker {

Result<void> HistoryDesk::open(std::string_view peer, std::uint64_t id, std::string_view body) {
  v1::HistoryRequest request;
  if (!request.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return Error{ErrorCode::kInvalid, "history: not an encoded cell0.v1.HistoryRequest"};
  }
  auto query = HistoryQuery::create(request, chain_.head(), limits_.page_bytes_max);
  if (!query) return Error{query.error().code, "history.filter." + query.error().text};

  const auto known = per_peer_.find(std::string(peer));
  const std::size_t open = known == per_peer_.end() ? 0 : known->second;
  if (open >= limits_.histories_per_peer_max || open_.size() >= limits_.histories_max) {
    ++counters_.history_refused;
    return Error{ErrorCode::kUnavailable, "history: " + std::to_string(open) + " requests of this peer and " +
                                              std::to_string(open_.size()) + " in all are open; ask again later"};
  }
  ++per_peer_[std::string(peer)];
  const std::uint64_t number = ++last_number_;
  open_[number] = {std::string(peer), id};
  history_.page(std::move(*query), [this, number, alive = alive_](const Result<std::string>& page) {
    if (*alive) finish(number, page);
  });
  return {};
}

void HistoryDesk::finish(std::uint64_t number, const Result<std::string>& page) {
  const auto found = open_.find(number);
  if (found == open_.end()) return;  // answered by close()
  const Open& open = found->second;
  if (page) {
    std::string body = *page;
    wire::put_number(body, v1::HistoryPage::kHeadSeqFieldNumber, chain_.head().value);
    std::string encoded;
    wire::put_number(encoded, v1::Response::kIdFieldNumber, open.id);
    wire::put_bytes(encoded, v1::Response::kHistoryFieldNumber, body);
    answers_.send_encoded(open.peer, encoded);
    ++counters_.history_pages;
  } else {
    answers_.fail(open.peer, open.id, page.error());
  }
  forget(number);
}

void HistoryDesk::forget(std::uint64_t number) {
  const auto open = open_.find(number);
  const auto peer = per_peer_.find(open->second.peer);
  if (--peer->second == 0) per_peer_.erase(peer);
  open_.erase(open);
}

void HistoryDesk::close() {
  while (!open_.empty()) {
    const auto open = open_.begin();
    answers_.fail(open->second.peer, open->second.id, v1::Failure::UNAVAILABLE, "the broker is stopping");
    forget(open->first);
  }
}

}  // namespace cell0::broker
