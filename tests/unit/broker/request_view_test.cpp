#include "broker/control/request_view.h"

#include <doctest/doctest.h>

#include "cell0/v1/control.pb.h"

namespace cell0::broker {
namespace {

std::string bytes_of(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

TEST_CASE("a request is walked: its id and body, also where the body is of the future") {
  v1::Request request;
  request.set_id(7);
  request.mutable_hello()->set_name("a");
  const std::string encoded = request.SerializeAsString();
  const RequestView view = RequestView::of(encoded);
  CHECK(view.well_formed);
  CHECK(view.id == 7);
  CHECK(view.body_field == v1::Request::kHelloFieldNumber);
  CHECK(view.body == request.hello().SerializeAsString());

  const RequestView future = RequestView::of(bytes_of({0x08, 0x09, 0xFA, 0x06, 0x01, 0x00}));
  CHECK(future.id == 9);
  CHECK(future.body_field == 111);
}

TEST_CASE("the id of a malformed request is read where it stands before the damage") {
  const RequestView view = RequestView::of(bytes_of({0x08, 0x09, 0x12, 0x7F}));
  CHECK_FALSE(view.well_formed);
  CHECK(view.id == 9);
  CHECK(RequestView::of("garbage").id == 0);
}

TEST_CASE("a publish request is read as protobuf wrote it, again and again") {
  v1::PublishRequest request;
  request.set_emitter_id("e1");
  request.set_incarnation(3);
  request.set_first_n(10);
  request.set_answered_through(9);
  request.add_envelopes("one");
  request.add_envelopes("");
  const std::string encoded = request.SerializeAsString();
  PublishView view;
  for (int i = 0; i < 2; ++i) {
    REQUIRE(view.read(encoded));
    CHECK(view.emitter_id == "e1");
    CHECK(view.incarnation == 3);
    CHECK(view.first_n == 10);
    CHECK(view.answered_through == 9);
    REQUIRE(view.envelopes.size() == 2);
    CHECK(view.envelopes[0] == "one");
    CHECK(view.envelopes[1].empty());
  }
  CHECK_FALSE(view.read("\x2A\x7F"));
}

}  // namespace
}  // namespace cell0::broker
