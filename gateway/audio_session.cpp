#include "gateway/audio_session.h"

#include <utility>

#include "common/check.h"
#include "common/json.h"

namespace cell0::gateway {
namespace {

constexpr std::uint32_t kTimeoutMs = 10'000;
constexpr char kNobody[] = "Voice processing not available";  // dialects.md section 3

}  // namespace

AudioSession::AudioSession(Services& services, v1::ServiceCaller caller, std::string session_id, OnError on_error)
    : services_(services),
      caller_(std::move(caller)),
      session_id_(std::move(session_id)),
      on_error_(std::move(on_error)) {}

AudioSession::~AudioSession() {
  *alive_ = false;
  if (told_end_ || lost_) return;
  v1::ServiceRequest last = request("end");
  last.set_body(body(""));
  services_.call(std::move(last), [](const Result<v1::ServiceAnswer>&) {});
}

void AudioSession::start(const std::string& config) {
  v1::ServiceRequest first = request("start");
  first.clear_key();  // nobody has it yet
  first.set_body(body(config));
  starting_ = true;
  call(std::move(first), [this](const Result<v1::ServiceAnswer>& answer) {
    starting_ = false;
    if (!answer)
      fail(answer.error());
    else if (answer->replies(0).has_error())
      lost_ = answer->replies(0).error().text();
    if (lost_ && !waiting_.empty()) tell(*lost_);
    pump();
  });
}

void AudioSession::frame(std::string bytes) {
  if (ending()) return;
  if (lost_) return tell(*lost_);
  if (waiting_bytes_ + bytes.size() > kWaitingBytesMax) {
    return tell("audio: more than " + std::to_string(kWaitingBytesMax) + " bytes wait for the voice service");
  }
  waiting_bytes_ += bytes.size();
  waiting_.push_back(std::move(bytes));
  pump();
}

void AudioSession::end(std::function<void(std::uint64_t)> done) {
  CELL0_CHECK(ended_ == nullptr && done != nullptr);
  ended_ = std::move(done);
  finish_if_done();
}

// ---- frames under way

// Only one before the first is answered: it may have to go elsewhere, and none may overtake it.
void AudioSession::pump() {
  if (lost_) waiting_.clear(), waiting_bytes_ = 0;
  while (!starting_ && !waiting_.empty() && open_ < (answered_ ? kCallsMax : 1)) {
    std::string bytes = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= bytes.size();
    send(std::move(bytes));
  }
  finish_if_done();
}

void AudioSession::send(std::string bytes) {
  v1::ServiceRequest one = request("audio");
  one.set_body(bytes);
  ++open_;
  call(std::move(one), [this, bytes = std::move(bytes)](const Result<v1::ServiceAnswer>& answer) mutable {
    --open_;
    on_frame(std::move(bytes), answer);
    pump();
  });
}

void AudioSession::on_frame(std::string bytes, const Result<v1::ServiceAnswer>& answer) {
  if (!answer && answer.error().code == ErrorCode::kNotFound && owned_ && !answered_) {
    owned_ = false;
    waiting_bytes_ += bytes.size();
    waiting_.push_front(std::move(bytes));
    return;
  }
  answered_ = true;
  if (!answer) return fail(answer.error());
  if (answer->replies(0).has_error()) return tell(answer->replies(0).error().text());
  ++chunks_;
}

void AudioSession::fail(const Error& error) {
  const bool nobody = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kNotFound;
  if (!nobody) return tell(error.text);
  lost_ = kNobody;
  if (answered_) tell(*lost_);
}

void AudioSession::tell(const std::string& text) {
  if (std::exchange(told_, text) != text) on_error_(text);
}

void AudioSession::finish_if_done() {
  if (!ending() || starting_ || open_ > 0 || !waiting_.empty()) return;
  if (lost_) return std::exchange(ended_, [](std::uint64_t) {})(chunks_);
  if (std::exchange(told_end_, true)) return;
  v1::ServiceRequest last = request("end");
  last.set_body(body(""));
  call(std::move(last), [this](const Result<v1::ServiceAnswer>&) {
    std::exchange(ended_, [](std::uint64_t) {})(chunks_);
  });
}

// ---- requests

v1::ServiceRequest AudioSession::request(const char* method) const {
  v1::ServiceRequest made;
  made.set_service("voice");
  made.set_method(method);
  if (owned_) made.set_key(session_id_);
  made.set_timeout_ms(kTimeoutMs);
  *made.mutable_caller() = caller_;
  return made;
}

std::string AudioSession::body(const std::string& config) const {
  std::string text;
  JsonWriter out(text);
  out.begin_object();
  out.member("session_id", session_id_);
  out.member("client_id", caller_.client_id());
  if (!config.empty()) out.raw_member("config", config);
  out.end_object();
  return text;
}

void AudioSession::call(v1::ServiceRequest request, std::function<void(const Result<v1::ServiceAnswer>&)> done) {
  services_.call(std::move(request), [alive = alive_, done = std::move(done)](Result<v1::ServiceAnswer> answer) {
    if (*alive) done(answer);
  });
}

}  // namespace cell0::gateway
