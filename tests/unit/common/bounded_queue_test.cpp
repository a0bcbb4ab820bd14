#include "common/bounded_queue.h"

#include <doctest/doctest.h>

#include <memory>
#include <thread>

using namespace cell0;

TEST_CASE("items leave in the order they came, and a full queue rejects") {
  BoundedQueue<int> queue(2);
  CHECK(queue.push(1) == Pushed::kYes);
  CHECK(queue.push(2) == Pushed::kYes);
  CHECK(queue.push(3) == Pushed::kFull);
  CHECK(queue.size() == 2);
  CHECK(queue.pop() == 1);
  CHECK(queue.push(4) == Pushed::kYes);
  CHECK(queue.drain() == std::vector<int>{2, 4});
  CHECK(!queue.try_pop());
}

TEST_CASE("a closed queue takes nothing more and gives what it has") {
  BoundedQueue<std::unique_ptr<int>> queue(4);
  queue.push(std::make_unique<int>(7));
  queue.close();
  queue.close();
  CHECK(queue.push(std::make_unique<int>(8)) == Pushed::kClosed);
  CHECK(**queue.pop() == 7);
  CHECK(!queue.pop());
  CHECK(queue.closed());
}

TEST_CASE("a wait ends at its deadline") {
  BoundedQueue<int> queue(1);
  CHECK(!queue.pop_within(std::chrono::milliseconds(1)));
  queue.push(5);
  CHECK(queue.pop_within(std::chrono::seconds(10)) == 5);
}

TEST_CASE("closing wakes a consumer that waits") {
  BoundedQueue<int> queue(1);
  std::thread closer([&] { queue.close(); });
  CHECK(!queue.pop());
  closer.join();
}

TEST_CASE("nothing is lost or doubled between many producers and one consumer") {
  constexpr int kProducers = 4;
  constexpr int kItems = 2'000;
  BoundedQueue<int> queue(64);
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < kItems; ++i) {
        while (queue.push(producer * kItems + i) == Pushed::kFull) std::this_thread::yield();
      }
    });
  }
  std::vector<int> last(kProducers, -1);
  int in_order = 0;
  for (int i = 0; i < kProducers * kItems; ++i) {
    const int item = queue.pop().value();
    int& previous = last[static_cast<std::size_t>(item / kItems)];
    in_order += item % kItems == previous + 1 ? 1 : 0;
    previous = item % kItems;
  }
  for (std::thread& producer : producers) producer.join();
  CHECK(in_order == kProducers * kItems);
  CHECK(queue.size() == 0);
}
