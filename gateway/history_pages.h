// Pages of the broker's history for cursors that stand below the ring: few requests, many readers.
//
// Cursors with the same filter share pages: one request starts at the lowest place that is waited for and serves every
// cursor within it. At most `asked_max` requests are under way; `pages_max` pages are held, the least recently used
// goes first (its reader asks again). A reader finds a page, or wants one and is told when something changed.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "gateway/event.h"
#include "gateway/history_source.h"

namespace cell0::gateway {

struct Page {
  std::string filter;  // canonical
  Seq since;           // events after this one...
  Seq through;         // ...up to this one have been looked at
  Seq trimmed_through;
  bool end = false;  // `through` is what was asked for
  std::vector<EventPtr> events;

  bool serves(const std::string& canonical, Seq pos) const {
    return since <= pos && pos < through && filter == canonical;
  }
};

class HistoryPages {
 public:
  // Called when a page of that filter came, or a request for it failed (then want() again, later).
  using OnChange = std::function<void(const std::string& filter, bool failed)>;

  HistoryPages(HistorySource& source, std::size_t pages_max, std::size_t asked_max, OnChange on_change);
  ~HistoryPages();

  // The page that holds what comes after `pos`. Valid until the next want() or event of the loop.
  const Page* find(const EventFilter& filter, Seq pos);

  // Asks for what comes after `pos`, up to `through`, unless that filter is being asked for or queued already.
  // REQUIRES: pos < through.
  void want(const EventFilter& filter, Seq pos, Seq through);

  std::uint64_t requests() const { return requests_; }

 private:
  struct Wish {
    v1::HistoryRequest request;
    std::string filter;
  };
  void next();
  void on_page(const Wish& wish, Result<v1::HistoryPage> page);

  HistorySource& source_;
  std::size_t pages_max_;
  std::size_t asked_max_;
  OnChange on_change_;
  std::list<Page> pages_;  // most recently used first
  std::deque<Wish> queued_;
  std::vector<std::string> asked_;  // filters under way
  std::uint64_t requests_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace cell0::gateway
