// Where events of an emitter go. The typed calls (cell0d.h, coda.h) write to a Sink, so they serve a program with its
// own loop (runtime/loop_emitter.h), one without (emitter.h), and a test's list alike.
#pragma once

#include <string_view>

#include "cell0/v1/event.pb.h"
#include "common/link/publish_window.h"
#include "common/result.h"

namespace cell0::emit {

using link::OnPublished;
using link::PublishResult;

class Sink {
 public:
  virtual ~Sink() = default;

  // Takes one event. Fills in what is not set: id (UUIDv7), time_us (now), source (the emitter's own).
  // kInvalid, kTooLarge: the event is wrong and the text names the field; kFull: the queue is full and the policy is to
  // refuse; kUnavailable: the emitter has ended. Then `done` is not called; else it is, once, later.
  virtual Result<void> emit(v1::Envelope envelope, OnPublished done) = 0;

  Result<void> emit(v1::Envelope envelope) { return emit(std::move(envelope), {}); }

  // An event of any type out of its data, a JSON object: typed where event.proto knows the type, else carried as it is.
  Result<void> emit_json(std::string_view type, std::string_view source, std::string_view data, OnPublished done = {});
};

}  // namespace cell0::emit
