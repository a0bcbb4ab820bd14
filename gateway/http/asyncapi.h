// The AsyncAPI 3 document: the WebSocket dialects, server-sent events, and every event type. The same on every
// listener.
//
// Messages and commands are written in gateway/http/documents/asyncapi/*.json, a part for each dialect; the schemas of
// events are made of the schema of events. tests/system/asyncapi_test.py holds both against what clients really get.
#pragma once

#include <string>

namespace cell0::gateway {

std::string asyncapi_json();

}  // namespace cell0::gateway
