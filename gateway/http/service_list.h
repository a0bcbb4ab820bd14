// GET /api/v1/services: who serves what, out of the broker's answer.
#pragma once

#include "cell0/v1/control.pb.h"
#include "common/json.h"
#include "gateway/auth/access.h"

namespace cell0::gateway {

// The member `services` of an object that is open.
void write_services(JsonWriter& out, const v1::Response& response, const Access& access);

}  // namespace cell0::gateway
