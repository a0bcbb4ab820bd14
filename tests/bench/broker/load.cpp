#include "tests/bench/broker/load.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "cell0/v1/control.pb.h"
#include "common/check.h"
#include "common/event_check.h"
#include "common/wire.h"

namespace cell0::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct alignas(64) Count {
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> messages{0};
};

// What the threads share.
struct Run {
  const LoadOptions& options;
  std::string event = event_of_200_bytes();
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> sent{0};
  std::atomic<std::uint64_t> lost{0};
  std::vector<Count> received;  // of each subscriber

  explicit Run(const LoadOptions& given) : options(given), received(static_cast<std::size_t>(given.subscribers)) {}

  std::uint64_t slowest() const {
    std::uint64_t least = UINT64_MAX;
    for (const Count& count : received) least = std::min(least, count.events.load(std::memory_order_relaxed));
    return least;
  }
  bool full() const { return sent.load(std::memory_order_relaxed) >= slowest() + options.window_events; }
  void wait_for_room() const {
    while (full() && !stop) std::this_thread::sleep_for(microseconds(400));
  }
};

zmq::socket_t open(zmq::context_t& context, zmq::socket_type type, const std::string& endpoint) {
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::sndhwm, 0);
  socket.set(zmq::sockopt::rcvhwm, 0);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::rcvtimeo, 100);
  if (type == zmq::socket_type::sub) socket.set(zmq::sockopt::subscribe, "");
  socket.connect(endpoint);
  return socket;
}

// The chain as a subscriber sees it.
struct ChainSeen {
  std::uint64_t last_seq = 0;
  std::uint64_t batches = 0;
};

// How many events a Batch holds; a gap in the chain is a loss. The seqs of one Batch are dense, so its head tells the
// number; that it does is looked at in one of 16, for the proxy's subscribers look into nothing at all.
std::uint64_t count_batch(std::string_view batch, ChainSeen& seen, Run& run) {
  std::uint64_t prev = 0;
  std::uint64_t last = 0;
  wire::Reader reader(batch);
  bool more = reader.next();
  for (; more && reader.field() != v1::Batch::kEventsFieldNumber; more = reader.next()) {
    if (reader.field() == v1::Batch::kPrevSeqFieldNumber) prev = reader.number();
    if (reader.field() == v1::Batch::kLastSeqFieldNumber) last = reader.number();
  }
  if (more && seen.batches++ % 16 == 0) {
    std::uint64_t events = 0;
    for (; more; more = reader.next()) ++events;
    CELL0_CHECK(reader.ok() && (seen.last_seq == 0 || events == last - prev));
  }
  if (seen.last_seq != 0 && prev > seen.last_seq) run.lost += prev - seen.last_seq;
  seen.last_seq = last;
  return last - prev;
}

void subscribe(Run& run, zmq::context_t& context, const std::string& endpoint, Path path, Count& count) {
  zmq::socket_t socket = open(context, zmq::socket_type::sub, endpoint);
  ChainSeen seen;
  zmq::message_t message;
  while (!run.stop) {
    if (!socket.recv(message)) continue;
    std::uint64_t events = 1;
    if (path != Path::kProxy) {
      CELL0_CHECK(message.more() && socket.recv(message));
      events = count_batch(message.to_string_view(), seen, run);
    }
    if (events == 0) continue;  // a heartbeat
    count.events.fetch_add(events, std::memory_order_relaxed);
    count.messages.fetch_add(1, std::memory_order_relaxed);
  }
}

void publish_plain(Run& run, zmq::context_t& context, const std::string& endpoint) {
  zmq::socket_t socket = open(context, zmq::socket_type::pub, endpoint);
  // A PUB drops until the subscription has come: one event now and then until all have seen one.
  while (run.slowest() == 0 && !run.stop) {
    socket.send(zmq::buffer(run.event));
    std::this_thread::sleep_for(milliseconds(10));
  }
  std::this_thread::sleep_for(milliseconds(100));
  run.sent = run.slowest();
  while (!run.stop) {
    run.wait_for_room();
    socket.send(zmq::buffer(run.event));
    run.sent.fetch_add(1, std::memory_order_relaxed);
  }
}

// The part of a PublishRequest that is the same in each.
std::string envelopes_of(const Run& run) {
  std::string envelopes;
  for (std::size_t i = 0; i < run.options.batch_events; ++i) {
    wire::put_bytes(envelopes, v1::PublishRequest::kEnvelopesFieldNumber, run.event);
  }
  return envelopes;
}

zmq::message_t publish_request(std::uint64_t id, const std::string& emitter, std::uint64_t first_n,
                               const std::string& envelopes) {
  std::string head;
  wire::put_bytes(head, v1::PublishRequest::kEmitterIdFieldNumber, emitter);
  wire::put_number(head, v1::PublishRequest::kIncarnationFieldNumber, 1);
  wire::put_number(head, v1::PublishRequest::kFirstNFieldNumber, first_n);
  std::string request;
  wire::put_number(request, v1::Request::kIdFieldNumber, id);
  wire::put_varint(request, wire::tag(v1::Request::kPublishFieldNumber, wire::Type::kBytes));
  wire::put_varint(request, head.size() + envelopes.size());
  request += head;
  zmq::message_t message(request.size() + envelopes.size());
  char* const end = std::copy(request.begin(), request.end(), message.data<char>());
  std::copy(envelopes.begin(), envelopes.end(), end);
  return message;
}

void expect_publish_answer(const zmq::message_t& message) {
  wire::Reader reader(message.to_string_view());
  while (reader.next()) {
    if (reader.field() == v1::Response::kPublishFieldNumber) return;
  }
  std::fprintf(stderr, "broker_bench: a publish request was refused\n");
  std::abort();
}

void publish_acknowledged(Run& run, zmq::context_t& context, const std::string& endpoint, const std::string& emitter) {
  zmq::socket_t socket = open(context, zmq::socket_type::dealer, endpoint);
  zmq::message_t answer;
  const std::string envelopes = envelopes_of(run);
  std::uint64_t id = 0;
  std::uint64_t answered = 0;
  while (!run.stop) {
    if (run.full()) {
      while (socket.recv(answer, zmq::recv_flags::dontwait)) {
        expect_publish_answer(answer);
        ++answered;
      }
      run.wait_for_room();
    }
    socket.send(publish_request(id + 1, emitter, id * run.options.batch_events + 1, envelopes), zmq::send_flags::none);
    ++id;
    run.sent.fetch_add(run.options.batch_events, std::memory_order_relaxed);
  }
  // The subscriber saw what was answered, so all but what is under way must have been.
  CELL0_CHECK((id - answered) * run.options.batch_events <= 2 * run.options.window_events);
}

struct Sample {
  std::uint64_t events = 0;
  std::uint64_t messages = 0;
  double cpu = 0;
  steady_clock::time_point at;
};

Sample sample(const Run& run, const Subject& subject) {
  std::uint64_t messages = 0;
  for (const Count& count : run.received) messages += count.messages;
  return {run.slowest(), messages / run.received.size(), subject.cpu_seconds(), steady_clock::now()};
}

}  // namespace

std::string event_of_200_bytes() {
  v1::Envelope envelope;
  envelope.set_id("0123456789abcdef");
  envelope.set_source("log.bench");
  envelope.set_time_us(1'795'000'000'000'000);
  envelope.mutable_log_stream()->set_level("INFO");
  envelope.mutable_log_stream()->set_logger("bench");
  std::string* message = envelope.mutable_log_stream()->mutable_message();
  while (envelope.ByteSizeLong() < 200) *message += 'x';
  CELL0_CHECK(envelope.ByteSizeLong() == 200 && check_event(envelope, {}).ok());
  return envelope.SerializeAsString();
}

LoadResult run_load(const Subject& subject, Path path, const LoadOptions& options) {
  Run run(options);
  zmq::context_t context(1);
  const Endpoints& at = subject.endpoints();
  std::vector<std::thread> threads;
  for (Count& count : run.received) {
    threads.emplace_back([&] { subscribe(run, context, at.fanout, path, count); });
  }
  std::this_thread::sleep_for(milliseconds(300));  // until the subscriptions are through
  for (int i = 0; i < options.publishers; ++i) {
    threads.emplace_back([&, i] {
      if (path == Path::kPublish)
        publish_acknowledged(run, context, at.control, "bench-" + std::to_string(i));
      else
        publish_plain(run, context, at.ingest);
    });
  }
  std::this_thread::sleep_for(options.warm_up);
  const Sample from = sample(run, subject);
  std::this_thread::sleep_for(options.measure);
  const Sample to = sample(run, subject);
  run.stop = true;
  for (std::thread& thread : threads) thread.join();

  const auto events = static_cast<double>(to.events - from.events);
  LoadResult result;
  result.events_per_s = events / std::chrono::duration<double>(to.at - from.at).count();
  result.cpu_us_per_event = (to.cpu - from.cpu) * 1e6 / events;
  result.events_per_batch = events / static_cast<double>(to.messages - from.messages);
  result.lost = run.lost;
  return result;
}

}  // namespace cell0::bench
