// Who is there, as broker and gateways tell each other (v1::PresenceEntity) and as every dialect shows it (dialects.md
// section 2, "Presence entry"): what is valid, its topic, its JSON. Pure.
#pragma once

#include <string>
#include <string_view>

#include "cell0/v1/control.pb.h"
#include "cell0/v1/event.pb.h"
#include "common/json.h"
#include "common/result.h"

namespace cell0 {

// What one entity may say of itself. One announcement of it stays far below a request's limit.
struct PresenceLimits {
  std::size_t status_message_bytes_max = 1024;
  std::size_t activity_bytes_max = 1024;
  std::size_t metadata_bytes_max = 16u << 10;  // JSON text
  std::size_t capabilities_max = 64;
  std::size_t name_bytes_max = 128;  // a capability, session_id, client_version, platform
};

// online, away, busy, offline, do_not_disturb.
bool presence_status_known(std::string_view status);
// agent, user, session, channel, system.
bool presence_type_known(std::string_view entity_type);

// kInvalid, kTooLarge: the text names the field and what would be right. An id is 1-255 bytes of UTF-8 without control
// characters, and short enough for its topic; metadata is a JSON object or empty.
Result<void> check_presence(const v1::PresenceEntity& entity, const PresenceLimits& limits = {});

// Whether their entries say the same, times of last_seen aside, and both or neither are connected.
bool same_presence(const v1::PresenceEntity& a, const v1::PresenceEntity& b);

// Whether they say the same of what an entity says of itself: status, status_message, current_activity, metadata.
bool same_words(const v1::PresenceEntity& a, const v1::PresenceEntity& b);

// presence.<entity_type>.<entity_id>, the id escaped (common/topic.h). REQUIRES: check_presence passed.
std::string presence_topic(std::string_view entity_type, std::string_view entity_id);

// The entry, one JSON object with all its fields in dialects.md's order: null where it is not known, metadata and
// capabilities empty; times in ISO 8601. REQUIRES: check_presence passed.
void write_presence_entry(JsonWriter& out, const v1::PresenceEntity& entity);

// The presence_changed event of an entity as it is now, with topic and source and without id and time. Beside the
// entry its data has what gateways need to follow: `connections` (of all gateways) and `updated_us`.
v1::Envelope presence_changed(const v1::PresenceEntity& entity);

// The inverse, of the event's data. kInvalid: it is not what presence_changed() makes.
Result<v1::PresenceEntity> read_presence_changed(std::string_view data);

}  // namespace cell0
