#include "gateway/transport/deadlines.h"

#include <doctest/doctest.h>

#include <vector>

using cell0::gateway::Deadlines;

TEST_CASE("a sweep finds what is due, and nothing else") {
  Deadlines deadlines;
  deadlines.add(10);
  deadlines.add(Deadlines::kNever);
  deadlines.add(5);
  std::vector<Deadlines::Slot> due;
  deadlines.sweep(9, [&](Deadlines::Slot slot) { due.push_back(slot); });
  CHECK(due == std::vector<Deadlines::Slot>{2});
  deadlines.set(2, Deadlines::kNever);
  due.clear();
  deadlines.sweep(10, [&](Deadlines::Slot slot) { due.push_back(slot); });
  CHECK(due == std::vector<Deadlines::Slot>{0});
}

TEST_CASE("removing a slot moves the last one into it") {
  Deadlines deadlines;
  for (std::uint32_t due = 1; due <= 3; ++due) deadlines.add(due);
  deadlines.remove(0);
  CHECK(deadlines.size() == 2);
  CHECK(deadlines.due(0) == 3);
  CHECK(deadlines.due(1) == 2);
}

TEST_CASE("slots may be removed while a sweep runs") {
  Deadlines deadlines;
  for (int i = 0; i < 100; ++i) deadlines.add(i % 2 == 0 ? 1 : 9);
  int expired = 0;
  deadlines.sweep(1, [&](Deadlines::Slot slot) {
    ++expired;
    deadlines.remove(slot);
  });
  CHECK(expired == 50);
  CHECK(deadlines.size() == 50);
}
