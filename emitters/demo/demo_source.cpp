#include "emitters/demo/demo_source.h"

#include <algorithm>

#include "common/event_json.h"
#include "common/json.h"

namespace cell0::emit {
namespace {

// The step's data with "n" first, so that a test can count.
std::string numbered(std::string data, std::uint64_t n) {
  const std::string number = "{\"n\":" + std::to_string(n);
  return data == "{}" ? number + "}" : number + "," + data.substr(1);
}

}  // namespace

DemoSource::DemoSource(Host& host)
    : host_(host),
      config_(host.config.emit.demo),
      random_(config_.seed),
      round_(make_round(1, random_)),
      begin_(host.clock.mono()),
      timer_(host.io) {
  host_.log.info("the demo plays", {{"seed", config_.seed}, {"events_per_second", config_.rate}});
  tick();
}

void DemoSource::tick() {
  for (std::uint64_t n = 0; n < kEventsPerTickMax && emitted_ < due() && has_room(); ++n) {
    if (auto emitted = emit_next(); !emitted) {
      host_.log.error("the event cannot be sent", {{"why", emitted.error().text}});
      return host_.finish(kExitFailed);
    }
    ++emitted_;
  }
  if (config_.count > 0 && emitted_ >= config_.count) return end();
  timer_.expires_after(kTick);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) tick();
  });
}

std::uint64_t DemoSource::due() const {
  const std::chrono::duration<double> passed = host_.clock.mono() - begin_;
  const auto due = 1 + static_cast<std::uint64_t>(passed.count() * config_.rate);
  return config_.count > 0 ? std::min(due, config_.count) : due;
}

bool DemoSource::has_room() const {
  const auto stats = host_.emitter.stats();
  return stats.publish.held_events < host_.config.emit.queue_events_max / 2 &&
         stats.publish.held_bytes < host_.config.emit.queue_bytes_max / 2;
}

void DemoSource::end() {
  host_.emitter.flush([this] {
    host_.log.info("the demo is over", {{"events", emitted_}});
    host_.finish(kExitStopped);
  });
}

Result<void> DemoSource::emit_next() { return config_.type.empty() ? emit_scene() : emit_numbered(); }

Result<void> DemoSource::emit_scene() {
  const Step& step = script()[step_];
  v1::Envelope envelope;
  envelope.set_source(std::string(step.source));
  if (!step.topic.empty()) envelope.set_topic(fill_in(step.topic, round_, random_));
  if (step.in_session) envelope.set_session_id(round_.session());
  const auto data = parse_json(fill_in(step.data, round_, random_));
  if (!data) return data.error();
  if (auto read = read_event_data(step.type, *data, envelope); !read) return read;
  if (++step_ == script().size()) {
    step_ = 0;
    round_ = make_round(round_.n + 1, random_);
  }
  return host_.emitter.emit(std::move(envelope));
}

Result<void> DemoSource::emit_numbered() {
  const Step* step = find_step(config_.type);
  const std::string data = step != nullptr ? fill_in(step->data, round_, random_) : "{}";
  return host_.emitter.emit_json(config_.type, step != nullptr ? step->source : "demo.numbered",
                                 numbered(data, emitted_ + 1));
}

}  // namespace cell0::emit
