#include "gateway/history_pages.h"

#include <algorithm>

#include "common/check.h"

namespace cell0::gateway {

HistoryPages::HistoryPages(HistorySource& source, std::size_t pages_max, std::size_t asked_max, OnChange on_change)
    : source_(source), pages_max_(pages_max), asked_max_(asked_max), on_change_(std::move(on_change)) {
  CELL0_CHECK(pages_max > 0 && asked_max > 0);
}

HistoryPages::~HistoryPages() { *alive_ = false; }

const Page* HistoryPages::find(const EventFilter& filter, Seq pos) {
  for (auto page = pages_.begin(); page != pages_.end(); ++page) {
    if (!page->serves(filter.canonical(), pos)) continue;
    pages_.splice(pages_.begin(), pages_, page);
    return &pages_.front();
  }
  return nullptr;
}

void HistoryPages::want(const EventFilter& filter, Seq pos, Seq through) {
  CELL0_CHECK(pos < through);
  for (Wish& wish : queued_) {
    if (wish.filter != filter.canonical()) continue;
    wish.request.set_since(std::min(wish.request.since(), pos.value));  // one page for the one that is furthest back
    wish.request.set_through(std::max(wish.request.through(), through.value));
    return;
  }
  if (std::find(asked_.begin(), asked_.end(), filter.canonical()) != asked_.end()) return;
  Wish wish;
  wish.filter = filter.canonical();
  *wish.request.mutable_filter() = filter.proto();
  wish.request.set_since(pos.value);
  wish.request.set_through(through.value);
  queued_.push_back(std::move(wish));
  next();
}

void HistoryPages::next() {
  while (!queued_.empty() && asked_.size() < asked_max_) {
    Wish wish = std::move(queued_.front());
    queued_.pop_front();
    asked_.push_back(wish.filter);
    ++requests_;
    source_.ask(wish.request, [this, wish, alive = alive_](Result<v1::HistoryPage> page) {
      if (*alive) on_page(wish, std::move(page));
    });
  }
}

void HistoryPages::on_page(const Wish& wish, Result<v1::HistoryPage> answer) {
  asked_.erase(std::find(asked_.begin(), asked_.end(), wish.filter));
  if (answer) {
    Page page;
    page.filter = wish.filter;
    page.since = Seq{wish.request.since()};
    page.end = answer->end();
    page.through = Seq{page.end ? wish.request.through() : answer->scanned_through()};
    page.trimmed_through = Seq{answer->trimmed_through()};
    page.events = events_of(*answer);
    pages_.push_front(std::move(page));
    if (pages_.size() > pages_max_) pages_.pop_back();
  }
  next();
  on_change_(wish.filter, !answer.ok());
}

}  // namespace cell0::gateway
