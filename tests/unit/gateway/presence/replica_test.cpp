// A gateway's copy of everybody's presence: snapshots in pages, changes that come between, brokers that warm up.
#include "gateway/presence/replica.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;
using namespace std::chrono_literals;

namespace {

v1::PresenceEntity entity(const std::string& id, const std::string& status = "online") {
  v1::PresenceEntity entity;
  entity.set_entity_id(id);
  entity.set_entity_type("agent");
  entity.set_status(status);
  entity.set_connections(status == "offline" ? 0 : 1);
  entity.set_last_seen_us(1'000'000);
  return entity;
}

struct Bench {
  // Answers the question that is asked with these, up to `head`; false: nothing was asked.
  bool page(const std::vector<v1::PresenceEntity>& entities, std::uint64_t head, bool more = false,
            bool warming = false) {
    const auto question = replica.question();
    if (!question) return false;
    after = question->after();
    v1::PresenceSnapshot page;
    for (const v1::PresenceEntity& of : entities) *page.add_entities() = of;
    page.set_head_seq(head);
    page.set_more(more);
    page.set_warming(warming);
    replica.on_page(std::move(page));
    return true;
  }
  // "a=online b=away".
  std::string text() const {
    std::string text;
    for (const auto& [id, entry] : replica.entries()) text += (text.empty() ? "" : " ") + id + "=" + entry.status();
    return text;
  }

  Replica replica{3, 1h};
  std::string after;
};

TEST_CASE("a snapshot is asked for page by page, and then no more") {
  Bench bench;
  CHECK_FALSE(bench.replica.loaded());
  CHECK(bench.page({entity("a"), entity("b")}, 10, true));
  CHECK(bench.after.empty());
  CHECK_FALSE(bench.replica.loaded());
  CHECK(bench.page({entity("c")}, 11));
  CHECK(bench.after == "b");
  CHECK(bench.replica.loaded());
  CHECK(bench.text() == "a=online b=online c=online");
  CHECK_FALSE(bench.page({}, 12));
}

TEST_CASE("changes after the snapshot count, changes that it has do not count again") {
  Bench bench;
  bench.page({entity("a", "busy")}, 10);
  bench.replica.on_changed(9, entity("a", "away"));
  bench.replica.on_changed(10, entity("b"));
  CHECK(bench.text() == "a=busy");
  bench.replica.on_changed(11, entity("a", "away"));
  bench.replica.on_changed(12, entity("b"));
  CHECK(bench.text() == "a=away b=online");
}

TEST_CASE("changes that come between pages are laid over those pages that do not have them yet") {
  Bench bench;
  bench.page({entity("a")}, 10, true);
  bench.replica.on_changed(11, entity("a", "away"));
  bench.replica.on_changed(12, entity("b", "offline"));
  bench.replica.on_changed(13, entity("c", "away"));
  bench.page({entity("b", "busy")}, 12, true);
  bench.page({}, 12);
  CHECK(bench.text() == "a=away b=busy c=away");
}

TEST_CASE("a later snapshot replaces everything; until it is complete nothing is missing") {
  Bench bench;
  bench.page({entity("a"), entity("b")}, 10);
  bench.replica.want();
  bench.page({entity("a")}, 20, true);
  CHECK(bench.text() == "a=online b=online");
  bench.page({entity("c")}, 20);
  CHECK(bench.text() == "a=online c=online");
}

TEST_CASE("while the broker is warming nobody is dropped, and a fresh snapshot follows when it is over") {
  Bench bench;
  bench.page({entity("a"), entity("b")}, 10);
  bench.replica.want();
  bench.page({entity("a", "away")}, 20, false, true);
  CHECK(bench.text() == "a=away b=online");
  CHECK_FALSE(bench.page({}, 21));
  bench.replica.warm();
  CHECK(bench.page({entity("a", "away")}, 22));
  CHECK(bench.text() == "a=away");
  bench.replica.warm();
  CHECK_FALSE(bench.page({}, 23));
}

TEST_CASE("a page that was lost, and one that was asked for before everything was wanted anew, begin it again") {
  Bench bench;
  bench.page({entity("a")}, 10, true);
  CHECK(bench.replica.question());
  bench.replica.on_page(Error{ErrorCode::kTimeout, "no answer"});
  CHECK(bench.page({entity("b")}, 11));
  CHECK(bench.after.empty());
  CHECK(bench.text() == "b=online");

  bench.replica.want();
  CHECK(bench.replica.question());
  bench.replica.want();
  CHECK_FALSE(bench.replica.question());
  bench.replica.on_page(v1::PresenceSnapshot());
  CHECK(bench.text() == "b=online");
  CHECK(bench.page({entity("c")}, 12));
  CHECK(bench.text() == "c=online");
}

TEST_CASE("those who went are kept for a while, a bounded number of them") {
  Bench bench;
  bench.page({entity("a"), entity("b")}, 10);
  std::uint64_t seq = 11;
  for (const char* id : {"c", "d", "e", "f"}) {
    v1::PresenceEntity gone = entity(id, "offline");
    gone.set_last_seen_us(static_cast<std::int64_t>(seq) * 1'000'000);
    bench.replica.on_changed(seq++, gone);
  }
  CHECK(bench.replica.online() == 2);
  bench.replica.forget(from_unix_us(20'000'000));
  CHECK(bench.text() == "a=online b=online d=offline e=offline f=offline");
  bench.replica.on_changed(20, entity("e"));
  bench.replica.forget(from_unix_us(0) + 2h);
  CHECK(bench.text() == "a=online b=online e=online");
}

}  // namespace
