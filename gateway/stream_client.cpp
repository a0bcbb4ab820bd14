#include "gateway/stream_client.h"

namespace cell0::gateway {

Result<void> StreamClient::open(const Renderer& renderer, const StreamQuery& query) {
  // A comment first: proxies and EventSource see at once that the stream is open.
  connection().start_stream(kContentType, ":\n\n", {{"x-accel-buffering", "no"}});
  Result<void> subscribed = query.since ? core_.hub.resume(*this, renderer, query.filter, *query.since,
                                                           [this, &renderer](const Resumed& resumed) {
                                                             std::string frames;
                                                             renderer.resumed(frames, resumed);
                                                             connection().send_reply(frames);
                                                           })
                                        : core_.hub.subscribe(*this, renderer, query.filter);
  if (!subscribed) connection().close(0, subscribed.error().text);
  return subscribed;
}

void StreamClient::access_ended(const Error& why) {
  core_.hub.remove(*this);
  connection().send_reply(": " + why.text + "\n\n");
  connection().close(0, why.text);
}

}  // namespace cell0::gateway
