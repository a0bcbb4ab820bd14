// GET /api/v1/clients, and /clients of the private admin listener: the clients of this gateway, a page at a time.
#pragma once

#include <string>
#include <string_view>

#include "common/http/message.h"
#include "gateway/core.h"

namespace cell0::gateway {

// `?after=ID&limit=N` (100; at most 1000): {"gateway", "newest_seq", "clients": [...], "next": ID or null}. 400 if one
// is no number. Its scope is the caller's business.
HttpResponse clients_response(const Core& core, const HttpRequest& request);

}  // namespace cell0::gateway
