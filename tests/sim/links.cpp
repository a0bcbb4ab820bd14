#include "tests/sim/links.h"

#include <algorithm>

namespace cell0::sim {

// ---- one direction

void Pipe::send(std::string bytes) {
  in_flight_.push_back(std::move(bytes));
  const MonoTime arrival = world_.now() + world_.dice().delay(limits_.delay_min, limits_.delay_max);
  last_arrival_ = std::max({last_arrival_, arrival, stalled_until_});
  world_.at(last_arrival_, life_, [this] { deliver_next(); });
}

void Pipe::deliver_next() {
  const std::string bytes = std::move(in_flight_.front());
  in_flight_.pop_front();
  deliver_(bytes);
}

void Pipe::cut(std::size_t kept) {
  std::deque<std::string> arriving;
  in_flight_.swap(arriving);
  if (kept < arriving.size()) arriving.resize(kept);
  life_ = Life();
  for (std::string& bytes : arriving) send(std::move(bytes));
}

// ---- control

ControlLink::ControlLink(World& world, Network& network, std::string name, Pipe::Deliver on_answer)
    : world_(world),
      network_(network),
      name_(std::move(name)),
      up_(world, network.limits(),
          [this](const std::string& bytes) {
            if (network_.on_request_) network_.on_request_(peer_, bytes);
          }),
      down_(world, network.limits(), std::move(on_answer)) {
  network_.control_links_.push_back(this);
  connect_later();
}

ControlLink::~ControlLink() {
  std::erase(network_.control_links_, this);
  network_.peers_.erase(peer_);
}

Result<void> ControlLink::send(std::string_view request) {
  if (!peer_.empty()) {
    up_.send(std::string(request));
  } else if (queued_.size() < kQueueMax) {
    queued_.emplace_back(request);
  } else {
    return Error{ErrorCode::kFull, "the queue to the broker is full"};
  }
  return {};
}

void ControlLink::start_over() {
  queued_.clear();
  reset();
}

void ControlLink::reset() {
  network_.peers_.erase(peer_);
  peer_.clear();
  up_.cut();
  down_.cut();
  connect_later();
}

void ControlLink::connect_later() {
  if (std::exchange(connecting_, true)) return;
  const LinkLimits& limits = network_.limits();
  world_.after(world_.dice().delay(limits.reconnect_min, limits.reconnect_max), life_, [this] { connect(); });
}

void ControlLink::connect() {
  connecting_ = false;
  if (!network_.is_open()) return connect_later();
  peer_ = name_ + "#" + std::to_string(++network_.connections_);
  network_.peers_[peer_] = this;
  for (std::string& request : std::exchange(queued_, {})) up_.send(std::move(request));
}

void ControlLink::stall(MonoTime until) {
  up_.stall(until);
  down_.stall(until);
}

// ---- fanout

FanoutLink::FanoutLink(World& world, Network& network, std::string name, Pipe::Deliver on_batch)
    : world_(world), network_(network), name_(std::move(name)), pipe_(world, network.limits(), std::move(on_batch)) {
  network_.fanout_links_.push_back(this);
  connect_later();
}

FanoutLink::~FanoutLink() { std::erase(network_.fanout_links_, this); }

void FanoutLink::reset() {
  connected_ = false;
  pipe_.cut(world_.dice().below(pipe_.in_flight() + 1));
  connect_later();
}

void FanoutLink::connect_later() {
  life_ = Life();
  const LinkLimits& limits = network_.limits();
  world_.after(world_.dice().delay(limits.reconnect_min, limits.reconnect_max), life_, [this] {
    connected_ = network_.is_open();
    if (!connected_) connect_later();
  });
}

void FanoutLink::publish(const std::string& batch) {
  if (!connected_) return;
  if (to_lose_ > 0) {
    --to_lose_;
    return;
  }
  pipe_.send(batch);
}

// ---- the broker's end

void Network::open(OnRequest on_request) { on_request_ = std::move(on_request); }

void Network::close() {
  on_request_ = nullptr;
  for (ControlLink* link : control_links_) {
    if (link->peer_.empty()) continue;
    const std::size_t kept = world_.dice().below(link->down_.in_flight() + 1);
    peers_.erase(link->peer_);
    link->peer_.clear();
    link->up_.cut();
    link->down_.cut(kept);
    link->connect_later();
  }
  for (FanoutLink* link : fanout_links_) {
    if (link->connected_) link->reset();
  }
}

void Network::publish(const std::string& batch) {
  for (FanoutLink* link : fanout_links_) link->publish(batch);
}

bool Network::answer(std::string_view peer, std::string_view response) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return false;
  found->second->down_.send(std::string(response));
  return true;
}

void Network::heal() {
  for (FanoutLink* link : fanout_links_) link->to_lose_ = 0;
}

}  // namespace cell0::sim
