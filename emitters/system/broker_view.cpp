#include "emitters/system/broker_view.h"

#include <utility>

namespace cell0::emit {

void BrokerView::refresh(std::function<void()> done) {
  if (done_) return done();  // one is under way: its answers will do
  done_ = std::move(done);
  v1::Request request;
  request.mutable_stats();
  control_.request(std::move(request), kAnswerTimeout, [this, alive = alive_](const Result<v1::Response>& answer) {
    if (!*alive) return;
    if (!answer || !answer->has_stats()) return finish();
    queued_ = answer->stats().queued();
    connected_clients_ = 0;
    for (const v1::GatewayReport& gateway : answer->stats().gateways()) connected_clients_ += gateway.connections();
    ask_activity(kPagesMax);
  });
}

void BrokerView::ask_activity(int pages_left) {
  v1::Request request;
  v1::HistoryRequest& history = *request.mutable_history();
  history.mutable_filter()->add_types("model_activity");
  history.mutable_filter()->add_types("mcic_event");
  history.set_since(scanned_through_);
  if (scanned_through_ == 0) {
    history.set_newest(true);
    history.set_limit(kOpeningEvents);
  }
  control_.request(std::move(request), kAnswerTimeout,
                   [this, alive = alive_, pages_left](const Result<v1::Response>& answer) {
                     if (!*alive) return;
                     if (!answer || !answer->has_history()) return finish();
                     on_page(answer->history(), pages_left);
                   });
}

void BrokerView::on_page(const v1::HistoryPage& page, int pages_left) {
  for (const v1::Delivered& event : page.events()) {
    v1::Envelope envelope;
    if (envelope.ParseFromString(event.envelope())) activity_.apply(envelope);
  }
  const bool moved = page.scanned_through() > scanned_through_;
  scanned_through_ = std::max(scanned_through_, page.scanned_through());
  if (page.end() || !moved || pages_left <= 1) return finish();
  ask_activity(pages_left - 1);
}

void BrokerView::finish() {
  const auto done = std::exchange(done_, {});
  if (done) done();
}

}  // namespace cell0::emit
