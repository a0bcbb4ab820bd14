// The request and response values of common/http, under the transport's names.
#pragma once

#include "common/http/message.h"

namespace cell0::gateway {

using cell0::HttpHeader;
using cell0::HttpRequest;
using cell0::HttpResponse;

}  // namespace cell0::gateway
