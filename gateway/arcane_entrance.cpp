#include "gateway/arcane_entrance.h"

#include "gateway/commands/permissions.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kSpellsPath = "/ws/events";
constexpr std::string_view kChannelsPath = "/ws/events/";
constexpr std::size_t kDaemonBytesMax = 64;

}  // namespace

bool ArcaneEntrance::is_path(std::string_view path) { return path == kSpellsPath || path.starts_with(kChannelsPath); }

Result<ArcaneEntrance::Place> ArcaneEntrance::find(const HttpRequest& request) {
  const std::string_view path = request.path;
  if (path.starts_with(kChannelsPath) && path.size() > kChannelsPath.size()) {
    return find_channel(request, path.substr(kChannelsPath.size()));
  }
  auto query = read_stream_query(request, v1::AUDIENCE_ARCANE);
  if (!query) return query.error();
  Place place{spells_, std::move(*query), "", std::string(kSpellsTopic)};
  const auto daemon = request.query_value("daemon");
  if (!daemon || daemon->empty()) return place;
  if (daemon->size() > kDaemonBytesMax) return Error{ErrorCode::kTooLarge, "daemon: a name is at most 64 bytes long"};
  place.dialect = of_daemon(*daemon);
  if (place.dialect == nullptr) {
    return Error{ErrorCode::kFull, "daemon: clients ask for " + std::to_string(kDaemonsMax) +
                                       " different ones already, more are not taken"};
  }
  return place;
}

Result<ArcaneEntrance::Place> ArcaneEntrance::find_channel(const HttpRequest& request, std::string_view name) const {
  auto topic = channel_topic(name);
  if (!topic) return topic.error();
  auto query = read_stream_query(request, v1::AUDIENCE_ANY);
  if (!query) return query.error();
  v1::Filter filter = query->filter.proto();
  filter.clear_topics();
  filter.add_topics(*topic);
  auto compiled = EventFilter::create(filter);
  if (!compiled) return compiled.error();
  query->filter = std::move(*compiled);
  return Place{channels_, std::move(*query), std::string(name), std::move(*topic)};
}

std::shared_ptr<const Dialect> ArcaneEntrance::of_daemon(const std::string& daemon) {
  std::shared_ptr<ArcaneDialect>* unused = nullptr;
  for (auto& dialect : of_daemons_) {
    if (dialect->daemon() == daemon) return dialect;
    if (dialect.use_count() == 1) unused = &dialect;
  }
  if (unused != nullptr) {
    (*unused)->set_daemon(daemon);
    return *unused;
  }
  if (of_daemons_.size() == kDaemonsMax) return nullptr;
  return of_daemons_.emplace_back(std::make_shared<ArcaneDialect>(daemon));
}

}  // namespace cell0::gateway
