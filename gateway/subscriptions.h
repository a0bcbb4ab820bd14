// What one connection is subscribed to: each subscription is a receiver of its own, with its own filter, renderer and
// place in the stream, over the same socket. They get it in turn. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/client_view.h"
#include "gateway/hub.h"
#include "gateway/receiver.h"

namespace cell0::gateway {

class Subscription final : public Receiver {
 public:
  Subscription(Outlet& outlet, std::string name) : Receiver(outlet), name_(std::move(name)) {}
  ~Subscription() {
    if (abandoned) abandoned();
  }
  const std::string& name() const { return name_; }  // its topic, mostly; "": the connection's main one

  // Somebody waits for it, and is told if it goes before.
  std::function<void()> abandoned;

 private:
  std::string name_;
};

class Subscriptions {
 public:
  // Both outlive it.
  Subscriptions(Hub& hub, Outlet& outlet) : hub_(hub), outlet_(outlet), events_(outlet, "") {}
  ~Subscriptions();
  Subscriptions(const Subscriptions&) = delete;
  Subscriptions& operator=(const Subscriptions&) = delete;

  // The one that every client has; subscribed or not.
  Subscription& events() { return events_; }
  const Subscription& events() const { return events_; }

  // Further ones. O(their number), which is the caller's to bound.
  Subscription* find(std::string_view name);
  Subscription& add(std::string name);  // REQUIRES: there is none of this name
  void drop(std::string_view name);     // nothing if there is none
  std::size_t size() const { return more_.size(); }
  std::vector<std::string> names() const;  // of those, in the order in which they came

  // The socket is empty again: whoever waits for it goes on, each in its turn.
  void on_writable();

  // Of the one that is furthest behind; what was left out, of all.
  Lag lag(WallTime now) const;

 private:
  Subscription& at(std::size_t index) { return index == 0 ? events_ : *more_[index - 1]; }

  Hub& hub_;
  Outlet& outlet_;
  Subscription events_;
  std::vector<std::unique_ptr<Subscription>> more_;
  std::size_t last_ = 0;  // that had its turn
};

}  // namespace cell0::gateway
