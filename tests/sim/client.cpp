#include "tests/sim/client.h"

#include <algorithm>

#include "tests/sim/gateway.h"
#include "tests/sim/line_renderer.h"

namespace cell0::sim {

// ---- the socket

std::size_t ClientSocket::take(std::string_view bytes) {
  const std::size_t room = bytes_max_ - std::min(bytes_max_, kernel_.size());
  const std::size_t taken = std::min(room, bytes.size());
  kernel_.append(bytes.substr(0, taken));
  return taken;
}

std::size_t ClientSocket::write_blob(const gateway::BlobPtr& blob) {
  CELL0_CHECK(idle());
  const std::size_t taken = take(blob.view());
  if (taken > 0) rest_ = blob.view().substr(taken);
  if (taken < blob.size()) block();
  return taken;
}

void ClientSocket::send_reply(std::string_view framed) {
  replies_ += framed;
  if (!blocked_) write_out();
}

void ClientSocket::block() { blocked_ = true; }

void ClientSocket::write_out() {
  rest_.erase(0, take(rest_));
  if (rest_.empty()) replies_.erase(0, take(replies_));
  if (!rest_.empty() || !replies_.empty()) block();
}

std::string ClientSocket::read(std::size_t count) {
  std::string bytes = kernel_.substr(0, count);
  kernel_.erase(0, bytes.size());
  if (blocked_ && !bytes.empty() && kernel_.size() <= bytes_max_ / 2) {  // as the kernel: not for every byte
    world_.after(world_.dice().delay(microseconds(1), milliseconds(1)), life_, [this] {
      if (!blocked_) return;
      blocked_ = false;
      write_out();
      if (idle()) on_writable_();
    });
  }
  return bytes;
}

// ---- the client

namespace {

EventFilter draw_filter(Dice& dice) {
  v1::Filter filter;
  if (dice.one_in(2)) filter.add_types(kTypes[dice.below(std::size(kTypes))]);
  if (!filter.types().empty() && dice.one_in(2)) filter.add_types(kTypes[dice.below(std::size(kTypes))]);
  if (dice.one_in(4)) filter.set_min_priority(static_cast<std::uint32_t>(dice.between(2, 8)));
  if (dice.one_in(6)) filter.add_sources("sim.1");
  return EventFilter::create(filter).value();
}

}  // namespace

Client::Client(World& world, const Plan& plan, Invariants& invariants, std::uint32_t number)
    : world_(world),
      plan_(plan),
      invariants_(invariants),
      number_(number),
      filter_(draw_filter(world.dice())),
      bytes_per_read_(world.dice().one_in(3) ? world.dice().between(5, 200) : 100'000),
      read_every_(milliseconds(world.dice().between(1, 40))),
      view_(name(), invariants) {}

Client::~Client() = default;

void Client::connect(Gateway& gateway, bool any_since) {
  gateway_ = &gateway;
  connection_ = Life();
  unread_.clear();
  Dice& dice = world_.dice();
  std::optional<Seq> since;
  if (view_.has_position() && !dice.one_in(12)) since = view_.position();
  if (any_since) since = any_place();
  world_.trace("%s: connects to %s, since %lld", name().c_str(), gateway.name().c_str(),
               since ? static_cast<long long>(since->value) : -1LL);
  gateway.accept(*this, since);
  read_some();
}

// Somewhere in the past, or in the future of another fabric.
Seq Client::any_place() {
  Dice& dice = world_.dice();
  const std::uint64_t newest = invariants_.newest().value;
  if (dice.one_in(4)) return Seq{newest + dice.between(1, 1u << 30)};
  return Seq{newest - std::min(newest, dice.below(200))};
}

void Client::leave() {
  world_.trace("%s: leaves", name().c_str());
  gateway_->forget(*this);
  on_lost();
}

void Client::on_lost() {
  gateway_ = nullptr;
  connection_ = Life();
}

void Client::hurry() {
  bytes_per_read_ = SIZE_MAX;
  stalled_until_ = {};
}

void Client::read_some() {
  if (world_.now() >= stalled_until_) {
    unread_ += gateway_->read(*this, bytes_per_read_);
    std::size_t done = 0;
    for (std::size_t end; (end = unread_.find('\n', done)) != std::string::npos; done = end + 1) {
      see(std::string_view(unread_).substr(done, end - done));
    }
    unread_.erase(0, done);
  }
  world_.after(read_every_, connection_, [this] { read_some(); });
}

void Client::see(std::string_view line) {
  world_.trace("%s: sees %.*s", name().c_str(), static_cast<int>(std::min<std::size_t>(line.size(), 100)), line.data());
  const SeenLine seen = SeenLine::parse(line);
  if (seen.event) view_.see_event(seen.event->first, seen.event->second);
  if (seen.skipped) view_.see_skipped(*seen.skipped);
  if (seen.resumed) view_.see_resumed(*seen.resumed);
}

}  // namespace cell0::sim
