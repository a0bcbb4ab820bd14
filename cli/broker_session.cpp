#include "cli/broker_session.h"

#include <optional>

namespace cell0::cli {

Result<std::unique_ptr<BrokerSession>> BrokerSession::create(const std::string& control_endpoint) {
  std::unique_ptr<BrokerSession> session(new BrokerSession);
  link::ControlOptions options;
  options.endpoint = control_endpoint;
  options.name = "cell0";
  options.role = "cli";
  auto control = link::ControlClient::create(session->io_, session->context_, session->clock_, options);
  if (!control) return Error{control.error().code, "link.control: " + control.error().text};
  session->control_ = std::move(*control);
  return session;
}

Result<void> BrokerSession::connect(std::chrono::milliseconds timeout) {
  control_->start();
  const MonoTime until = clock_.mono() + timeout;
  while (!control_->connected() && clock_.mono() < until) io_.run_one_until(until);
  if (!control_->connected()) return control_->unavailable();
  return {};
}

Result<v1::Response> BrokerSession::ask(v1::Request request, std::chrono::milliseconds timeout) {
  std::optional<Result<v1::Response>> answer;
  control_->request(std::move(request), timeout, [&answer](Result<v1::Response> given) { answer = std::move(given); });
  while (!answer) io_.run_one();
  return std::move(*answer);
}

}  // namespace cell0::cli
