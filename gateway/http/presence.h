// GET /api/v1/presence: who is there, on all gateways, out of this one's replica.
#pragma once

#include "common/http/message.h"
#include "gateway/presence/presence.h"

namespace cell0::gateway {

// `?entity_type=agent&online=1&after=ID&limit=N` (100; at most 1000): {"presence": [...], "next": ID or null,
// "warming": bool}; `?entity_id=ID`: that one alone, 404 if nobody knows it. 400 names what is wrong. Its scope is the
// caller's business.
HttpResponse presence_response(const Presence& presence, const HttpRequest& request);

}  // namespace cell0::gateway
