// The jsonrpc dialect's envelope: requests, batches and what leaves, byte for byte. Methods and errors on the wire are
// in tests/conformance/jsonrpc.
#include "gateway/dialects/jsonrpc.h"

#include <doctest/doctest.h>

#include "tests/unit/gateway/event_values.h"

using namespace cell0;
using namespace cell0::gateway;
using namespace cell0::gateway::test;

namespace {

const JsonRpcDialect kDialect;

// Without the header of the one frame; "" if there is none.
std::string payload(const std::string& frame) {
  if (frame.empty()) return frame;
  const std::size_t length = static_cast<unsigned char>(frame[1]);
  return frame.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

std::string replied(const ReplyContext& context, const Reply& reply) {
  std::string out;
  kDialect.reply(out, context, reply);
  return payload(out);
}

std::string rendered(const Renderer& renderer, const Event& event) {
  std::string out;
  renderer.event(out, event);
  return payload(out);
}

}  // namespace

TEST_CASE("a request carries its id as it stood; a notification wants no reply") {
  const Decoded request = kDialect.decode(R"({"jsonrpc":"2.0","method":"rpc.ping","id":1.50})");
  REQUIRE(request.requests.size() == 1);
  CHECK(std::holds_alternative<PingCommand>(request.requests[0].command));
  CHECK(replied(request.requests[0].context, PongReply{}) == R"({"jsonrpc":"2.0","result":"pong","id":1.50})");

  const Decoded notification = kDialect.decode(R"({"jsonrpc":"2.0","method":"rpc.ping"})");
  CHECK(notification.requests[0].context.silent);
  CHECK(replied(notification.requests[0].context, PongReply{}).empty());
  CHECK(replied(notification.requests[0].context, ErrorReply{"x"}).empty());
}

TEST_CASE("a batch is sent with its last reply, in the order in which they came") {
  const Decoded batch =
      kDialect.decode(R"([{"jsonrpc":"2.0","method":"rpc.ping","id":1},{"jsonrpc":"2.0","method":"rpc.ping"},)"
                      R"({"jsonrpc":"2.0","method":"rpc.ping","id":2}])");
  CHECK(batch.is_batch);
  REQUIRE(batch.requests.size() == 3);
  CHECK(replied(batch.requests[2].context, EchoReply{"7"}).empty());
  CHECK(replied(batch.requests[1].context, PongReply{}).empty());
  CHECK(replied(batch.requests[0].context, PongReply{}) ==
        R"([{"jsonrpc":"2.0","result":7,"id":2},{"jsonrpc":"2.0","result":"pong","id":1}])");
}

TEST_CASE("the replies of a batch are bounded: what is too large is an error") {
  const Decoded batch = kDialect.decode(R"([{"jsonrpc":"2.0","method":"rpc.ping","id":1},)"
                                        R"({"jsonrpc":"2.0","method":"rpc.ping","id":2}])");
  const std::string large = '"' + std::string(JsonRpcDialect::kBatchBytesMax - 100, 'x') + '"';
  CHECK(replied(batch.requests[0].context, EchoReply{large}).empty());
  const std::string text = replied(batch.requests[1].context, EchoReply{large});
  CHECK(text.size() < JsonRpcDialect::kBatchBytesMax + 1000);
  CHECK(text.find(R"("code":-32000)") != std::string::npos);
}

TEST_CASE("every fault has its code, and the text and data come with it") {
  CHECK(
      replied({"\"a\"", false, nullptr}, ErrorReply{"why", Fault::kUnknownMethod, R"({"method":"x"})"}) ==
      R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found: why","data":{"method":"x"}},"id":"a"})");
  const std::pair<Fault, int> rows[] = {
      {Fault::kParse, -32700},           {Fault::kInvalidRequest, -32600}, {Fault::kUnknownMethod, -32601},
      {Fault::kInvalidParams, -32602},   {Fault::kInternal, -32603},       {Fault::kServer, -32000},
      {Fault::kUnauthenticated, -32001}, {Fault::kForbidden, -32002},      {Fault::kRate, -32003},
      {Fault::kTimeout, -32004},         {Fault::kNotFound, -32101},       {Fault::kInvalidState, -32102},
      {Fault::kRouting, -32103}};
  for (const auto& [fault, code] : rows) CHECK(jsonrpc_code(fault) == code);
}

TEST_CASE("channel and agent messages leave as they were published, with time and seq") {
  EventSpec spec;
  spec.type = "channel_message";
  spec.data = R"({"channel":"a b","message":{"n":1.50,"big":12345678901234567890123},"more":1})";
  CHECK(rendered(kDialect.renderer(Feed::kChannel), *event(7, spec)) ==
        R"({"jsonrpc":"2.0","method":"channel.message","params":{"channel":"a b",)"
        R"("message":{"n":1.50,"big":12345678901234567890123},"timestamp":"2026-02-12T10:30:00.123456Z","seq":7}})");
  spec.data = R"({"agent_id":"b","from":"a","message":[]})";
  CHECK(rendered(kDialect.renderer(Feed::kInbox), *event(8, spec)) ==
        R"({"jsonrpc":"2.0","method":"agent.message","params":{"from":"a","message":[],)"
        R"("timestamp":"2026-02-12T10:30:00.123456Z","seq":8}})");
}

TEST_CASE("the notices say which subscription they are about") {
  std::string out;
  kDialect.renderer(Feed::kChannel).skipped(out, {Seq{3}, Seq{5}, 0, std::nullopt, SkipReason::kGap});
  CHECK(payload(out) == R"({"jsonrpc":"2.0","method":"events.skipped","params":{"from_seq":3,"to_seq":5,)"
                        R"("priority_above":0,"count":null,"reason":"gap","subscription":"channel"}})");
  out.clear();
  kDialect.renderer(Feed::kEvents).resumed(out, {true, Seq{1}, Seq{2}});
  CHECK(payload(out) == R"({"jsonrpc":"2.0","method":"events.resumed","params":{"recovered":true,"first_seq":1,)"
                        R"("last_seq":2,"subscription":"events"}})");
}
