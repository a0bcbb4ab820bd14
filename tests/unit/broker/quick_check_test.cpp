#include "broker/quick_check.h"

#include <doctest/doctest.h>

#include <random>

#include "common/payload_schema.h"
#include "common/wire.h"
#include "tests/unit/broker/events.h"

namespace cell0::broker {
namespace {

using google::protobuf::FieldDescriptor;

// Every scalar of the payload with a value that may be.
v1::Envelope filled(const EventType& type) {
  v1::Envelope envelope = chat_event();
  envelope.clear_payload();
  auto& payload = *envelope.GetReflection()->MutableMessage(&envelope, type.field);
  const auto& reflection = *payload.GetReflection();
  for (const PayloadField& field : payload_schema(*type.field->message_type()).fields) {
    const FieldDescriptor* at = field.descriptor;
    if (at->is_repeated()) continue;
    switch (at->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&payload, at, field.one_of.empty() ? "t\u00e9xt" : field.one_of.back());
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        reflection.SetDouble(&payload, at, 1.5);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&payload, at, -7);
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(&payload, at, 7);
        break;
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&payload, at, 7);
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection.SetUInt32(&payload, at, 7);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(&payload, at, true);
        break;
      default:
        break;
    }
  }
  return envelope;
}

// Whatever the quick look says yes to, the decoder and check_event say yes to, and read the same in it.
bool holds(const QuickCheck& quick, const std::string& encoded) {
  const auto facts = quick.look(encoded);
  if (!facts) return true;
  v1::Envelope envelope;
  if (!envelope.ParseFromString(encoded) || !check_event(envelope, {}) || envelope.has_origin()) return false;
  const std::string_view type = type_of(envelope);
  return facts->type->name == type && facts->topic == topic_of(envelope, type) &&
         facts->priority == priority_of(envelope, *facts->type);
}

TEST_CASE("the usual event is recognised, with its topic and priority") {
  const QuickCheck quick({});
  auto facts = quick.look(chat_event().SerializeAsString());
  REQUIRE(facts);
  CHECK(facts->type->name == "chat_message");
  CHECK(facts->topic == "events.chat_message");
  CHECK(facts->priority == 4);

  v1::Envelope named = log_event("ERROR");
  CHECK(quick.look(named.SerializeAsString())->priority == 3);
  named.set_topic("channels.general");
  named.set_priority(9);
  named.set_session_id("s1");
  named.set_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const std::string encoded = named.SerializeAsString();  // the topic is a view into it
  facts = quick.look(encoded);
  REQUIRE(facts);
  CHECK(facts->topic == "channels.general");
  CHECK(facts->priority == 9);
}

TEST_CASE("it agrees with check_event on every type, whole, cut, without its fields, and with each byte changed") {
  const QuickCheck quick({});
  std::mt19937 random(7);
  int recognised = 0;
  for (const EventType& type : event_types()) {
    CAPTURE(type.name);
    const v1::Envelope envelope = filled(type);
    const std::string good = envelope.SerializeAsString();
    recognised += quick.look(good) ? 1 : 0;
    CHECK(holds(quick, good));
    for (std::size_t size = 0; size < good.size(); ++size) REQUIRE(holds(quick, good.substr(0, size)));
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (int times = 0; times < 24; ++times) {
        std::string changed = good;
        changed[i] = static_cast<char>(random());
        REQUIRE(holds(quick, changed));
      }
    }
    for (int i = 0; i < type.field->message_type()->field_count(); ++i) {
      v1::Envelope without = envelope;
      auto& payload = *without.GetReflection()->MutableMessage(&without, type.field);
      payload.GetReflection()->ClearField(&payload, type.field->message_type()->field(i));
      REQUIRE(holds(quick, without.SerializeAsString()));
    }
    REQUIRE(holds(quick, good + good));
    REQUIRE(holds(quick, good + filled(event_types()[random() % event_types().size()]).SerializeAsString()));
  }
  CHECK(recognised > 30);  // or it is of no use
}

TEST_CASE("it agrees with check_event on odd values of the envelope's own fields") {
  const QuickCheck quick({});
  const std::string texts[] = {"",
                               "x",
                               std::string(128, 'x'),
                               std::string(129, 'x'),
                               "a.b",
                               "a..b",
                               "t\u00e9xt",
                               std::string(255, 'x'),
                               "a\x01",
                               "\xff\xfe",
                               std::string("a\0b", 3),
                               std::string(256, 'x'),
                               "a\x7f",
                               "a b",
                               "a.*",
                               "%41"};
  for (const std::string& text : texts) {
    CAPTURE(text);
    for (const int field : {1, 2, 3, 4, 7, 8}) {
      v1::Envelope envelope = chat_event();
      std::string encoded = envelope.SerializeAsString();
      encoded += static_cast<char>(field << 3 | 2);
      encoded += static_cast<char>((text.size() & 0x7F) | (text.size() > 127 ? 0x80 : 0));
      if (text.size() > 127) encoded += static_cast<char>(text.size() >> 7);
      encoded += text;
      CHECK(holds(quick, encoded));  // after the one there is
      if (field == 4) envelope.clear_source();
      if (field == 1) envelope.clear_id();
      encoded = encoded.substr(chat_event().ByteSizeLong()) + envelope.SerializeAsString();
      CHECK(holds(quick, encoded));  // instead of it
    }
  }
  for (const std::int64_t time : {INT64_MIN, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, INT64_MAX}) {
    v1::Envelope envelope = chat_event();
    envelope.set_time_us(time);
    CHECK(holds(quick, envelope.SerializeAsString()));
  }
  for (const std::uint32_t priority : {0u, 1u, 10u, 11u, 4'294'967'295u}) {
    v1::Envelope envelope = chat_event();
    envelope.set_priority(priority);
    CHECK(holds(quick, envelope.SerializeAsString()));
  }
}

TEST_CASE("a byte that a name or a text must not have is seen in every place") {
  const QuickCheck quick({});
  v1::Envelope event = chat_event();
  event.clear_source();
  const std::string nameless = event.SerializeAsString();
  event = chat_event();
  event.mutable_chat_message()->clear_message();
  const std::string silent = event.chat_message().SerializeAsString();
  event.clear_chat_message();
  const std::string without_chat = event.SerializeAsString();
  for (std::size_t size = 1; size <= 70; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (const char odd : {'\x00', '\x1f', ' ', '~', '\x7f', '\x80', '\xff'}) {
        std::string text(size, at % 2 == 0 ? ' ' : '~');
        text[at] = odd;
        const bool plain = odd == ' ' || odd == '~';
        std::string named = nameless;
        wire::put_bytes(named, v1::Envelope::kSourceFieldNumber, text);
        if (quick.look(named).has_value() != plain) FAIL("a name of ", size, " bytes, the odd one at ", at);
        std::string chat = silent;
        wire::put_bytes(chat, v1::ChatMessage::kMessageFieldNumber, text);
        std::string said = without_chat;
        wire::put_bytes(said, v1::Envelope::kChatMessageFieldNumber, chat);
        const bool ascii = static_cast<unsigned char>(odd) < 0x80;
        if (quick.look(said).has_value() != ascii) FAIL("a text of ", size, " bytes, the odd one at ", at);
      }
    }
  }
}

TEST_CASE("a key or a size that is written longer than it need be is read as the decoder reads it, or left to it") {
  const QuickCheck quick({});
  const std::string good = log_event().SerializeAsString();
  for (std::size_t i = 0; i < good.size(); ++i) {  // each byte that may be a key or a size, among others
    if (static_cast<unsigned char>(good[i]) >= 0x80) continue;
    std::string longer = good;
    longer[i] = static_cast<char>(good[i] | 0x80);
    longer.insert(i + 1, 1, '\0');
    CHECK(holds(quick, longer));
  }
}

TEST_CASE("an origin and json data are left to the decoder") {
  const QuickCheck quick({});
  v1::Envelope envelope = chat_event();
  envelope.mutable_origin()->set_n(1);
  CHECK_FALSE(quick.look(envelope.SerializeAsString()));
  envelope = chat_event();
  envelope.set_type("my_type");
  envelope.set_json("{}");
  CHECK_FALSE(quick.look(envelope.SerializeAsString()));
}

}  // namespace
}  // namespace cell0::broker
