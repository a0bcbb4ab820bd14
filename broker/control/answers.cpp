#include "broker/control/answers.h"

namespace cell0::broker {
namespace {

v1::Failure::Code failure_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTooLarge:
      return v1::Failure::TOO_LARGE;
    case ErrorCode::kFull:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kInternal:
      return v1::Failure::UNAVAILABLE;
    default:
      return v1::Failure::INVALID;
  }
}

}  // namespace

bool Answers::send(std::string_view peer, const v1::Response& response) {
  encoded_.clear();
  response.AppendToString(&encoded_);
  return send_encoded(peer, encoded_);
}

bool Answers::send_encoded(std::string_view peer, std::string_view response) {
  const bool sent = send_(peer, response);
  if (!sent) ++counters_.answers_dropped;
  return sent;
}

void Answers::fail(std::string_view peer, std::uint64_t id, v1::Failure::Code code, const std::string& text) {
  v1::Response response;
  response.set_id(id);
  response.mutable_failure()->set_code(code);
  response.mutable_failure()->set_text(text);
  ++counters_.requests_failed;
  send(peer, response);
}

void Answers::fail(std::string_view peer, std::uint64_t id, const Error& error) {
  fail(peer, id, failure_code(error.code), error.text);
}

}  // namespace cell0::broker
