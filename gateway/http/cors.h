// What a browser's page from another origin is told of what it may read and send (the Fetch standard, "CORS protocol").
// Pure: who may speak to this server at all is SiteGuard's business, and nobody else gets any of these headers.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/http/message.h"

namespace cell0::gateway {

using Headers = std::vector<std::pair<std::string, std::string>>;

// For every answer to this request, errors and streams too: who asks may read it. `own_page`: as
// SiteGuard::is_own_page; only such a page may have its cookies sent. Without an Origin: only that the answer depends
// on it. REQUIRES: SiteGuard::check_origin passed.
Headers cors_headers(const HttpRequest& request, bool own_page);

// The answer to OPTIONS, a browser's preflight among them, on a path with these methods ("GET, POST"): any header may
// be sent, for 10 minutes. Beside cors_headers(). An allowed page of the internet may reach into this network (Private
// Network Access), if it asks.
HttpResponse options_response(const HttpRequest& request, std::string_view methods, bool own_page);

}  // namespace cell0::gateway
