#include "gateway/broker_link.h"

namespace cell0::gateway {
namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);

}  // namespace

Result<std::unique_ptr<BrokerLink>> BrokerLink::create(asio::io_context& io, link::Context& context,
                                                       link::ControlClient& control, const LinkConfig& config,
                                                       const CoreLimits& limits, const Clock& clock, Log& log,
                                                       LinkObserver& observer) {
  std::unique_ptr<BrokerLink> made(new BrokerLink(io, control, config, limits, clock, log, observer));
  link::SocketOptions options;
  options.queue_messages_max = 100'000;  // a gateway that is busy for a moment should not lose its place
  auto fanout = link::Socket::create(io, context, link::SocketType::kSub, options);
  if (!fanout) return fanout.error();
  if (auto connected = (*fanout)->connect(config.fanout); !connected) {
    return Error{connected.error().code, "link.fanout: " + connected.error().text};
  }
  made->fanout_ = std::move(fanout).value();
  return made;
}

BrokerLink::BrokerLink(asio::io_context& io, link::ControlClient& control, const LinkConfig& config,
                       const CoreLimits& limits, const Clock& clock, Log& log, LinkObserver& observer)
    : control_(control),
      page_timeout_(limits.page_timeout),
      timer_(io),
      stream_(config.fanout, *this, limits, clock, log, observer) {}

BrokerLink::~BrokerLink() { *alive_ = false; }

void BrokerLink::start() {
  control_.on_state([this, alive = alive_](bool connected) {
    if (*alive) stream_.on_control(connected);
  });
  fanout_->start([this](link::FrameViews frames) {
    if (frames.size() == 2)
      stream_.on_batch(frames[1]);  // behind the shard's name
    else
      stream_.count_malformed();
  });
  schedule_tick();
}

void BrokerLink::schedule_tick() {
  timer_.expires_after(std::chrono::duration_cast<std::chrono::steady_clock::duration>(kTick));
  timer_.async_wait([this](const asio::error_code& error) {
    if (error) return;
    stream_.on_tick();
    schedule_tick();
  });
}

void BrokerLink::ask(const v1::HistoryRequest& request, OnPage done) {
  v1::Request body;
  *body.mutable_history() = request;
  control_.request(std::move(body), page_timeout_,
                   [alive = alive_, done = std::move(done)](Result<v1::Response> response) {
                     if (!*alive) return;
                     if (!response) return done(response.error());
                     if (!response->has_history()) {
                       return done(Error{ErrorCode::kInternal, "the broker answered something else than history"});
                     }
                     done(std::move(*response->mutable_history()));
                   });
}

std::string BrokerLink::why_down() const {
  if (up()) return "";
  if (!control_.connected()) return "broker link: " + control_.unavailable().text;
  return stream_.why_down();
}

}  // namespace cell0::gateway
