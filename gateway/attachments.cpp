#include "gateway/attachments.h"

#include "common/presence_entry.h"

namespace cell0::gateway {
namespace {

constexpr std::string_view kPrefix = "attached.";
constexpr char kType[] = "session";

// The gateways' own right: whoever attached the session might have stopped it.
v1::ServiceCaller gateway_itself() {
  v1::ServiceCaller caller;
  caller.set_entity_id("gateway");
  caller.set_entity_type("system");
  caller.add_scopes("*");
  return caller;
}

// The session whose client has gone; "": this says nothing of the kind.
std::string ended_session(const v1::PresenceEntity& entity) {
  const std::string_view id = entity.entity_id();
  if (entity.entity_type() != kType || entity.connections() > 0 || !id.starts_with(kPrefix)) return {};
  return std::string(id.substr(kPrefix.size()));
}

}  // namespace

Attachments::Id Attachments::attach(const std::string& session_id) {
  const Id id = next_id_++;
  attached_.emplace(id, session_id);
  EntityInfo info;
  info.entity_id = std::string(kPrefix) + session_id;
  info.entity_type = kType;
  // One that presence does not take is looked after by this gateway alone.
  static_cast<void>(presence_.connected(id, info));
  return id;
}

void Attachments::end(Id id) {
  const auto found = attached_.find(id);
  CELL0_CHECK(found != attached_.end());
  const std::string session_id = std::move(found->second);
  attached_.erase(found);
  presence_.gone(id);
  stop(session_id);
}

void Attachments::on_presence_changed(std::string_view data) {
  const auto entity = read_presence_changed(data);
  if (!entity) return;
  if (const std::string session_id = ended_session(*entity); !session_id.empty()) stop(session_id);
}

void Attachments::on_tick() {
  if (looked_ || !presence_.loaded()) return;
  looked_ = true;
  PresenceQuery query;
  query.entity_type = kType;
  for (bool more = true; more;) {
    const PresencePage page = presence_.page(query);
    for (const v1::PresenceEntity& entity : page.entries) {
      if (const std::string session_id = ended_session(entity); !session_id.empty()) stop(session_id);
      query.after = entity.entity_id();
    }
    more = page.more;
  }
}

void Attachments::stop(const std::string& session_id) {
  orchestrators_.stop(gateway_itself(), session_id, [](const Result<SessionText>&) {});
}

}  // namespace cell0::gateway
