// The gateway's clients once they are in: what they send goes to their session, how they look from outside, and how
// they leave.
#include <algorithm>

#include "gateway/gateway.h"

namespace cell0::gateway {

void Gateway::on_text(Connection& connection, std::string_view text) {
  if (connection.mode() == Mode::kWebSocket) static_cast<Session*>(connection.user())->on_text(text);
}

void Gateway::on_binary(Connection& connection, std::string_view bytes) {
  if (connection.mode() == Mode::kWebSocket) static_cast<Session*>(connection.user())->on_binary(bytes);
}

void Gateway::on_writable(Connection& connection) {
  auto* client = static_cast<Client*>(connection.user());
  if (client == nullptr) return;
  if (connection.mode() == Mode::kWebSocket)
    static_cast<Session*>(client)->on_writable();
  else
    hub_.on_writable(*static_cast<StreamClient*>(client));
}

namespace {

// Destroys the client at its place; the last one takes it.
template <typename T>
void erase_client(std::vector<std::unique_ptr<T>>& clients, const Client& client) {
  const std::size_t index = client.index();
  std::swap(clients[index], clients.back());
  clients[index]->set_index(index);
  clients.pop_back();
}

}  // namespace

void Gateway::on_close(Connection& connection, const CloseInfo& info) {
  auto* client = static_cast<Client*>(connection.user());
  if (client == nullptr) return;
  connection.set_user(nullptr);
  presence_.presence().gone(connection.id());
  const std::size_t index = client->index();
  if (index < sessions_.size() && sessions_[index].get() == client) {
    client_events_->disconnected(to_string(sessions_[index]->client_id()),
                                 info.reason.empty() ? std::to_string(info.code) : info.reason);
    erase_client(sessions_, *client);
  } else {
    erase_client(streams_, *client);
  }
  if (draining_) drain_some();
}

std::vector<std::string> Gateway::client_ids(std::size_t count_max) const {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < sessions_.size() && i < count_max; ++i)
    ids.push_back(to_string(sessions_[i]->client_id()));
  return ids;
}

namespace {

ClientView view_of(const Client& client, const Lag& lag) {
  ClientView view;
  const Connection& connection = client.connection();
  view.id = connection.id();
  view.kind = "stream";
  view.peer = connection.peer();
  view.queue_bytes = connection.pending_bytes();
  view.lag = lag;
  return view;
}

}  // namespace

ClientPage Gateway::client_page(std::uint64_t after, std::size_t count_max) const {
  // Of each its id, and its place among sessions and streams.
  std::vector<std::pair<std::uint64_t, std::size_t>> found;
  const auto add = [&](const Client& client, std::size_t place) {
    if (client.connection().id() > after) found.emplace_back(client.connection().id(), place);
  };
  for (std::size_t i = 0; i < sessions_.size(); ++i) add(*sessions_[i], i);
  for (std::size_t i = 0; i < streams_.size(); ++i) add(*streams_[i], sessions_.size() + i);
  const std::size_t count = std::min(count_max, found.size());
  std::partial_sort(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(count), found.end());

  ClientPage page;
  page.more = found.size() > count;
  const WallTime now = clock_.wall();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = found[i].second;
    if (place >= sessions_.size()) {
      const StreamClient& stream = *streams_[place - sessions_.size()];
      page.clients.push_back(view_of(stream, hub_.lag_of(stream, now)));
      continue;
    }
    const Session& session = *sessions_[place];
    ClientView view = view_of(session, session.subscriptions().lag(now));
    view.client_id = to_string(session.client_id());
    view.kind = session.dialect().name();
    view.entity = session.entity_id();
    view.consumer = session.consumer();
    page.clients.push_back(std::move(view));
  }
  return page;
}

}  // namespace cell0::gateway
