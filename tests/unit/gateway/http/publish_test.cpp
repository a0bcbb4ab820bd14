// JSON from a client into an envelope.
#include "gateway/http/publish.h"

#include <doctest/doctest.h>

#include "common/event_json.h"

using namespace cell0;
using namespace cell0::gateway;

namespace {

struct Publishing {
  Result<v1::Envelope> operator()(const std::string& json) {
    document = parse_json(json).value();
    return envelope_from_json(document, "a1", clock, ids, {});
  }

  ManualClock clock;
  SeededRandom random{1};
  UuidGenerator ids{clock, random};
  rapidjson::Document document;
};

std::string data_of(const v1::Envelope& envelope) {
  std::string text;
  JsonWriter out(text);
  write_event_data(out, envelope);
  return text;
}

}  // namespace

TEST_CASE("an idempotency key is 1-255 bytes without control characters, or absent") {
  const auto key_of = [](const std::string& value) {
    HttpRequest request;
    request.headers = {{"host", "a"}, {"idempotency-key", value}};
    return idempotency_key(request);
  };
  CHECK(**key_of("b6f1 \"x\"") == "b6f1 \"x\"");
  CHECK(**key_of(std::string(255, 'k')) == std::string(255, 'k'));
  CHECK_FALSE(idempotency_key(HttpRequest()).value().has_value());
  for (const std::string& wrong :
       {std::string(), std::string(256, 'k'), std::string("a\tb"), std::string("a\x7F"), std::string("\xFF")}) {
    CHECK(key_of(wrong).error().text.find("Idempotency-Key: ") == 0);
  }
}

TEST_CASE("a digest is of what the client said: id and time are not in it") {
  Publishing publish;
  const auto digest = [&](const std::string& json) {
    publish.clock.advance(std::chrono::seconds(1));
    return digest_of(publish(json).value());
  };
  const std::uint64_t first = digest(R"({"type":"note","data":{"a":1}})");
  CHECK(digest(R"({"data":{"a":1},"type":"note"})") == first);
  CHECK(digest(R"({"type":"note","data":{"a":2}})") != first);
  CHECK(digest(R"({"type":"note","data":{"a":1},"priority":3})") != first);
}

TEST_CASE("an event that is wrong is refused with the name of its field") {
  Publishing publish;
  struct Row {
    const char* json;
    const char* text;
  };
  const Row rows[] = {
      {"[]", "event: not a JSON object {\"type\", \"source\", \"data\"}"},
      {"{}", "type: not a string"},
      {R"({"type":7})", "type: not a string"},
      {R"({"type":"note","source":7})", "source: not a string"},
      {R"({"type":"note","topic":[]})", "topic: not a string"},
      {R"({"type":"note","session_id":1})", "session_id: not a string"},
      {R"({"type":"note","priority":0})", "priority: not 1-10"},
      {R"({"type":"note","priority":11})", "priority: not 1-10"},
      {R"({"type":"note","priority":"5"})", "priority: not 1-10"},
      {R"({"type":"note","priority":-3})", "priority: not 1-10"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const auto made = publish(row.json);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == ErrorCode::kInvalid);
    CHECK(made.error().text == row.text);
  }
  for (const char* json : {R"({"type":"note","data":[]})", R"({"type":"chat_message","data":{"message":1}})",
                           R"({"type":"chat_message","data":{}})", R"({"type":"no spaces","data":{}})",
                           R"({"type":"note","source":""})", R"({"type":"note","topic":"a..b"})"}) {
    CAPTURE(json);
    CHECK_FALSE(publish(json).ok());
  }
}

TEST_CASE("a small event gets its id, its time and its source here") {
  Publishing publish;
  const auto made = publish(R"({"type":"note"})");
  REQUIRE(made.ok());
  CHECK(made->id().size() == 16);
  CHECK(made->time_us() == to_unix_us(publish.clock.wall()));
  CHECK(made->source() == "http.a1");
  CHECK(made->topic() == "");
  CHECK_FALSE(made->has_priority());
  CHECK(data_of(*made) == "{}");
  CHECK(publish(R"({"type":"note"})")->id() != made->id());
}

TEST_CASE("what the client gives is taken; null is the same as absent") {
  Publishing publish;
  const auto made =
      publish(R"({"type":"chat_message","source":"me","topic":"channels.x","priority":2,"session_id":"s1",)"
              R"("data":{"message":"hi","sender":"ann","mood":"good"}})");
  REQUIRE(made.ok());
  CHECK(made->source() == "me");
  CHECK(made->topic() == "channels.x");
  CHECK(made->priority() == 2);
  CHECK(made->session_id() == "s1");
  CHECK(made->chat_message().message() == "hi");
  CHECK(data_of(*made).find(R"("mood":"good")") != std::string::npos);
  const auto nulls = publish(R"({"type":"note","source":null,"topic":null,"priority":null,"session_id":null})");
  REQUIRE(nulls.ok());
  CHECK(nulls->source() == "http.a1");
  CHECK_FALSE(nulls->has_session_id());
}
