#include "gateway/http/presence.h"

#include "common/json.h"
#include "common/utf8.h"
#include "gateway/http/answers.h"
#include "gateway/http/query.h"

namespace cell0::gateway {
namespace {

constexpr std::uint64_t kLimitDefault = 100;
constexpr std::uint64_t kLimitMax = 1000;

Result<PresenceQuery> read_query(const HttpRequest& request) {
  PresenceQuery query;
  if (const auto type = request.query_value("entity_type")) {
    if (!presence_type_known(*type)) {
      return Error{ErrorCode::kInvalid,
                   "entity_type: \"" + printable(*type, 40) + "\" is none of agent user session channel system"};
    }
    query.entity_type = *type;
  }
  const auto online = read_number(request, "online", 1);
  if (!online) return online.error();
  query.connected_only = online->value_or(0) == 1;
  const auto limit = read_number(request, "limit", kLimitMax, 1);
  if (!limit) return limit.error();
  query.limit = static_cast<std::size_t>(limit->value_or(kLimitDefault));
  query.after = request.query_value("after").value_or("");
  return query;
}

Result<PresencePage> look_up(const Presence& presence, const HttpRequest& request) {
  if (const auto id = request.query_value("entity_id")) {
    auto entry = presence.find(*id);
    if (!entry) return Error{ErrorCode::kNotFound, "entity_id: nobody knows " + printable(*id)};
    PresencePage page;
    page.entries.push_back(std::move(*entry));
    return page;
  }
  const auto query = read_query(request);
  if (!query) return query.error();
  return presence.page(*query);
}

}  // namespace

HttpResponse presence_response(const Presence& presence, const HttpRequest& request) {
  const auto page = look_up(presence, request);
  if (!page) return error_response(page.error());
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  out.key("presence");
  out.begin_array();
  for (const v1::PresenceEntity& entry : page->entries) write_presence_entry(out, entry);
  out.end_array();
  out.key("next");
  if (page->more)
    out.string(page->entries.back().entity_id());
  else
    out.null();
  out.member("warming", presence.warming());
  out.end_object();
  return json_response(std::move(body));
}

}  // namespace cell0::gateway
