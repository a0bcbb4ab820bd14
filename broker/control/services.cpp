// Who serves what, and how busy they are: for people.
#include "broker/control/handlers.h"

namespace cell0::broker {

Result<Reply> handle_services(ControlParts& parts, const Call&, v1::Response& answer) {
  *answer.mutable_services() = parts.services.services().list();
  return Reply::kNow;
}

}  // namespace cell0::broker
