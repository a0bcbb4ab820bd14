// A queue between threads that never holds more than it was told to: many producers, one consumer.
//
// Full policy: reject. push() says kFull and the producer decides what is dropped; nothing blocks a producer.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/clock.h"

namespace cell0 {

enum class Pushed { kYes, kFull, kClosed };

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t items_max) : items_max_(items_max) { CELL0_CHECK(items_max > 0); }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Any thread. Unless kYes, `item` is destroyed.
  Pushed push(T item) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return Pushed::kClosed;
      if (items_.size() >= items_max_) return Pushed::kFull;
      items_.push_back(std::move(item));
    }
    arrived_.notify_one();
    return Pushed::kYes;
  }

  // The oldest item; waits for one. nullopt: closed and empty, there will be no more. The consumer's thread.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return closed_ || !items_.empty(); });
    return take();
  }

  // As pop, but nullopt also when there is none after `wait`.
  std::optional<T> pop_within(Duration wait) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, wait, [this] { return closed_ || !items_.empty(); });
    return take();
  }

  std::optional<T> try_pop() {
    const std::lock_guard lock(mutex_);
    return take();
  }

  // Everything there is, oldest first; does not wait.
  std::vector<T> drain() {
    const std::lock_guard lock(mutex_);
    std::vector<T> all(std::make_move_iterator(items_.begin()), std::make_move_iterator(items_.end()));
    items_.clear();
    return all;
  }

  // No more is taken in; what is there can still be popped. Any thread, any number of times.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    arrived_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }
  std::size_t items_max() const { return items_max_; }

 private:
  std::optional<T> take() {  // REQUIRES: mutex_ is held
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  const std::size_t items_max_;
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace cell0
