#include "broker/chain.h"

#include <doctest/doctest.h>

#include "broker/delivered.h"
#include "broker/drafts.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'770'000'000)};
const std::string kBootId = "0123456789ABCDEF";

v1::Batch batch_of(std::string_view bytes) {
  v1::Batch batch;
  REQUIRE(batch.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return batch;
}

void add(Drafts& drafts, const std::string& message) {
  drafts.add({"events.chat_message", "chat_message", 4, v1::DURABLE, 0}, chat_event(message).SerializeAsString());
}

TEST_CASE("the first batch has the start's predecessor before it, and the boot id") {
  Chain chain(Seq{5000}, kBootId);
  const v1::Batch batch = batch_of(chain.heartbeat(kNow));
  CHECK(batch.prev_seq() == 4999);
  CHECK(batch.last_seq() == 4999);
  CHECK(batch.boot_id() == kBootId);
  CHECK(batch.broker_time_us() == to_unix_us(kNow));
  CHECK(batch.events_size() == 0);
}

TEST_CASE("every batch says what came before it, over blocks, heartbeats and burnt seqs") {
  Chain chain(Seq{5000}, kBootId);
  Drafts drafts(3, 1u << 20);
  for (int i = 0; i < 7; ++i) add(drafts, std::to_string(i));
  drafts.number(Seq{5000});
  CHECK(drafts.blocks().size() == 3);
  CHECK(drafts.last() == Seq{5006});
  CHECK(drafts.seq_of(2) == Seq{5002});

  Seq last = drafts.first().prev();
  std::uint64_t expected_prev = 4999;
  int message = 0;
  for (EventBlock& block : drafts.blocks()) {
    last = Seq{last.value + block.events().size()};
    const v1::Batch batch = batch_of(chain.link(block, last, kNow));
    CHECK(batch.prev_seq() == expected_prev);
    CHECK(batch.last_seq() == last.value);
    CHECK(batch.boot_id() == kBootId);
    for (const v1::Delivered& event : batch.events()) {
      CHECK(event.seq() == ++expected_prev);
      CHECK(event.topic() == "events.chat_message");
      CHECK(event.type() == "chat_message");
      CHECK(event.priority() == 4);
      CHECK(event.durability() == v1::DURABLE);
      CHECK(event.envelope() == chat_event(std::to_string(message++)).SerializeAsString());
    }
  }
  CHECK(message == 7);
  CHECK(batch_of(chain.heartbeat(kNow)).prev_seq() == 5006);

  Drafts after_a_loss(3, 1u << 20);
  add(after_a_loss, "x");
  after_a_loss.number(Seq{6000});
  CHECK(batch_of(chain.link(after_a_loss.blocks()[0], Seq{6000}, kNow)).prev_seq() == 5006);
}

TEST_CASE("a block whose memory was taken is as good as new once it is cleared") {
  Chain chain(Seq{5000}, kBootId);
  Drafts drafts(100, 1u << 20);
  for (const std::uint64_t seq : {5000, 5002}) {
    add(drafts, std::string(20'000, 'a'));
    add(drafts, "b");
    drafts.number(Seq{seq});
    EventBlock& block = drafts.blocks()[0];
    const std::string_view sealed = chain.link(block, Seq{seq + 1}, kNow);
    const std::unique_ptr<char[]> memory = block.take_memory();
    CHECK(memory.get() <= sealed.data());
    const v1::Batch batch = batch_of(sealed);
    REQUIRE(batch.events_size() == 2);
    CHECK(batch.events(1).seq() == seq + 1);
    CHECK(block.events().size() == 2);
    CHECK(drafts.any_stored());
    CHECK(drafts.seq_of(1) == Seq{seq + 1});
    drafts.clear();
  }
}

TEST_CASE("seqs of any size fit their place") {
  for (const std::uint64_t seq : {std::uint64_t{1}, std::uint64_t{127}, std::uint64_t{1} << 40, kSeqMax.value}) {
    v1::Delivered event;
    REQUIRE(event.ParseFromString(delivered(Seq{seq}, "events.spell", "spell")));
    CHECK(event.seq() == seq);
  }
}

TEST_CASE("a block ends at its bytes; an event larger than that has one of its own") {
  Drafts drafts(100, 1000);
  add(drafts, std::string(300, 'a'));
  add(drafts, std::string(300, 'b'));
  add(drafts, std::string(5000, 'c'));
  add(drafts, "d");
  REQUIRE(drafts.blocks().size() == 3);
  CHECK(drafts.blocks()[0].events().size() == 2);
  CHECK(drafts.blocks()[1].events().size() == 1);
  CHECK(drafts.blocks()[2].events().size() == 1);
  CHECK(drafts.size() == 4);
  CHECK(drafts.bytes() > 5600);

  drafts.clear();
  CHECK(drafts.empty());
  CHECK(drafts.bytes() == 0);
  CHECK(drafts.blocks().empty());
  add(drafts, "again");
  drafts.number(Seq{9});
  v1::Delivered event;
  EventBlock& block = drafts.blocks()[0];
  REQUIRE(event.ParseFromString(std::string(block.delivered(block.events()[0]))));
  CHECK(event.seq() == 9);
}

TEST_CASE("events that are left when others are taken out are what they were, numbered before or not") {
  Drafts drafts(2, 1u << 20);
  for (const char* message : {"a", "b", "c", "d"}) add(drafts, message);
  drafts.remove_if([](std::size_t index, v1::Durability) { return index == 1; });
  drafts.number(Seq{5000});
  drafts.remove_if([](std::size_t index, v1::Durability) { return index == 2; });
  drafts.number(Seq{5000});
  std::string left;
  for (const EventBlock& block : drafts.blocks()) {
    for (const EventBlock::Event& event : block.events()) {
      v1::Delivered delivered;
      v1::Envelope envelope;
      REQUIRE(delivered.ParseFromString(std::string(block.delivered(event))));
      REQUIRE(envelope.ParseFromString(delivered.envelope()));
      CHECK(delivered.topic() == "events.chat_message");
      left += std::to_string(delivered.seq()) + envelope.chat_message().message() + ' ';
    }
  }
  CHECK(left == "5000a 5001d ");
  CHECK(drafts.seq_of(3) == Seq{5001});
}

TEST_CASE("every seq can be read back, as can the one that is written over it") {
  Drafts drafts(100, 1u << 20);
  add(drafts, "x");
  EventBlock& block = drafts.blocks()[0];
  v1::Delivered event;
  for (std::uint64_t bit = 1; bit <= kSeqMax.value; bit <<= 1) {
    for (const std::uint64_t seq : {bit, bit - 1, kSeqMax.value - bit + 1}) {
      drafts.number(Seq{seq});
      REQUIRE(event.ParseFromString(std::string(block.delivered(block.events()[0]))));
      CHECK(event.seq() == seq);
    }
  }
}

TEST_CASE("many blocks are filled again after a clear") {
  Drafts drafts(1, 1000);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 40; ++i) add(drafts, "x");
    CHECK(drafts.blocks().size() == 40);
    drafts.clear();
  }
}

TEST_CASE("what a filter looks at is read from the stored bytes; the last of repeated fields counts") {
  v1::Envelope first = chat_event();
  first.set_session_id("s1");
  v1::Envelope second;
  second.set_source("other");
  const std::string envelope = first.SerializeAsString() + second.SerializeAsString();
  EventBlock block;
  block.add({"a.b", "chat_message", 9, v1::RELAXED, 0}, envelope);
  block.number(Seq{3});
  const std::string bytes(block.delivered(block.events()[0]));
  const EventFacts facts = facts_of(bytes);
  CHECK(facts.topic == "a.b");
  CHECK(facts.type == "chat_message");
  CHECK(facts.priority == 9);
  CHECK(facts.source == "other");
  CHECK(facts.session_id == "s1");
}

}  // namespace
}  // namespace cell0::broker
