#include "emitters/demo/demo_source.h"

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
      plan_(plan_round(round_, random_, config_.rate)),
      begin_(host.clock.mono()),
      timer_(host.io) {
  host_.log.info("the demo plays", {{"seed", config_.seed}, {"events_per_second", config_.rate}});
  tick();
}

void DemoSource::tick() {
  for (std::uint64_t n = 0; n < kEventsPerTickMax && is_due() && has_room(); ++n) {
    if (auto emitted = emit_next(); !emitted) {
      host_.log.error("the event cannot be sent", {{"why", emitted.error().text}});
      return host_.finish(kExitFailed);
    }
    ++emitted_;
    if (config_.count > 0 && emitted_ >= config_.count) return end();
  }
  timer_.expires_after(kTick);
  timer_.async_wait([this](const asio::error_code& error) {
    if (!error) tick();
  });
}

bool DemoSource::is_due() const {
  const Duration passed = host_.clock.mono() - begin_;
  if (config_.type.empty()) return passed >= plan_.cues[cue_].at;
  return static_cast<double>(emitted_) <= std::chrono::duration<double>(passed).count() * config_.rate;
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

Result<void> DemoSource::emit_next() { return config_.type.empty() ? emit_cue() : emit_numbered(); }

Result<void> DemoSource::emit_cue() {
  const Cue& cue = plan_.cues[cue_];
  v1::Envelope envelope;
  envelope.set_source(std::string(cue.source));
  if (!cue.topic.empty()) envelope.set_topic(cue.topic);
  if (!cue.session.empty()) envelope.set_session_id(cue.session);
  const auto data = parse_json(cue.data);
  if (!data) return data.error();
  if (auto read = read_event_data(cue.type, *data, envelope); !read) return read;
  if (auto emitted = host_.emitter.emit(std::move(envelope)); !emitted) return emitted;
  if (++cue_ == plan_.cues.size()) next_round();
  return {};
}

void DemoSource::next_round() {
  begin_ += plan_.length;  // not the time now: the rate is an average
  round_ = make_round(round_.n + 1, random_);
  plan_ = plan_round(round_, random_, config_.rate);
  cue_ = 0;
}

Result<void> DemoSource::emit_numbered() {
  const Step* step = find_step(config_.type);
  const std::string data = step != nullptr ? fill_in(step->data, round_, random_) : "{}";
  return host_.emitter.emit_json(config_.type, step != nullptr ? step->source : "demo.numbered",
                                 numbered(data, emitted_ + 1));
}

}  // namespace cell0::emit
