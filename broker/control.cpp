#include "broker/control.h"

#include <algorithm>
#include <array>

#include "broker/control/request_view.h"

namespace cell0::broker {
namespace {

struct Handler {
  std::uint32_t field;  // of Request.body
  Result<Reply> (*handle)(ControlParts& parts, const Call& call, v1::Response& answer);
  std::size_t Limits::*bytes_max;  // of the request
};

// Every request that this broker knows.
constexpr std::array kHandlers{
    Handler{v1::Request::kHelloFieldNumber, &handle_hello, &Limits::request_bytes_max},
    Handler{v1::Request::kPublishFieldNumber, &handle_publish, &Limits::publish_bytes_max},
    Handler{v1::Request::kHistoryFieldNumber, &handle_history, &Limits::request_bytes_max},
    Handler{v1::Request::kReportFieldNumber, &handle_report, &Limits::request_bytes_max},
    Handler{v1::Request::kStatsFieldNumber, &handle_stats, &Limits::request_bytes_max},
    Handler{v1::Request::kTopicsFieldNumber, &handle_topics, &Limits::request_bytes_max},
    Handler{v1::Request::kConsumersFieldNumber, &handle_consumers, &Limits::request_bytes_max},
    Handler{v1::Request::kPresenceFieldNumber, &handle_presence, &Limits::request_bytes_max},
    Handler{v1::Request::kPresenceSnapshotFieldNumber, &handle_presence_snapshot, &Limits::request_bytes_max},
    Handler{v1::Request::kSubscriberCountsFieldNumber, &handle_subscriber_counts, &Limits::request_bytes_max},
    Handler{v1::Request::kRevokeFieldNumber, &handle_revoke, &Limits::request_bytes_max},
    Handler{v1::Request::kRevocationsFieldNumber, &handle_revocations, &Limits::request_bytes_max},
    Handler{v1::Request::kWorkerFieldNumber, &handle_worker, &Limits::service_bytes_max},
    Handler{v1::Request::kServiceFieldNumber, &handle_service, &Limits::service_bytes_max},
    Handler{v1::Request::kServiceReplyFieldNumber, &handle_service_reply, &Limits::service_bytes_max},
    Handler{v1::Request::kServiceStateFieldNumber, &handle_service_state, &Limits::service_bytes_max},
    Handler{v1::Request::kServicesFieldNumber, &handle_services, &Limits::request_bytes_max},
};

const Handler* find_handler(std::uint32_t field) {
  const auto found = std::find_if(kHandlers.begin(), kHandlers.end(),
                                  [field](const Handler& handler) { return handler.field == field; });
  return found == kHandlers.end() ? nullptr : &*found;
}

}  // namespace

Control::Control(std::unique_ptr<link::Socket> socket, Answers& answers, ControlParts parts, Counters& counters)
    : socket_(std::move(socket)), answers_(answers), parts_(parts), counters_(counters) {}

void Control::start() {
  socket_->start([this](link::FrameViews frames) { on_message(frames); }, [this] { parts_.intake.end_turn(); });
}

void Control::on_message(link::FrameViews frames) {
  ++counters_.requests;
  if (frames.size() == 2)
    serve(frames[0], frames[1]);  // the routing id, which ROUTER puts in front, and the request
  else
    ++counters_.requests_malformed;
}

void Control::serve(std::string_view peer, std::string_view message) {
  const RequestView request = RequestView::of(message);
  if (!request.well_formed) {
    ++counters_.requests_malformed;
    if (request.id == 0) return;
    return answers_.fail(peer, request.id, v1::Failure::INVALID, "request: not an encoded cell0.v1.Request");
  }
  if (!taking_) return answers_.fail(peer, request.id, v1::Failure::UNAVAILABLE, "the broker is stopping");
  const Handler* handler = find_handler(request.body_field);
  if (handler == nullptr) {
    return answers_.fail(peer, request.id, v1::Failure::UNSUPPORTED,
                         "request: no body that this broker knows (field " + std::to_string(request.body_field) + ")");
  }
  if (message.size() > parts_.limits.*handler->bytes_max) {
    return answers_.fail(peer, request.id, v1::Failure::TOO_LARGE,
                         "request: " + std::to_string(message.size()) + " bytes, at most " +
                             std::to_string(parts_.limits.*handler->bytes_max) + " are taken");
  }
  answer_.Clear();
  answer_.set_id(request.id);
  const auto reply = handler->handle(parts_, {peer, request.id, request.body}, answer_);
  if (!reply) return answers_.fail(peer, request.id, reply.error());
  if (*reply == Reply::kNow) answers_.send(peer, answer_);
}

}  // namespace cell0::broker
