// The keys of [link].
#include "common/config/link_config.h"

#include "common/config/schema.h"

namespace cell0 {

void describe(Schema& schema, LinkConfig& config) {
  ConfigSection& link = schema.section("link", "Where gateways, emitters and the command line find the broker.");
  link.text("ingest", config.ingest, kEndpoint, "The broker's ingest, for what is published without acknowledgement.");
  link.text("fanout", config.fanout, kEndpoint, "The broker's fanout, where all events come from.");
  link.text("control", config.control, kEndpoint,
            "The broker's control socket, for acknowledged publishing, history and presence.");
}

}  // namespace cell0
