// [link]: where gateways, emitters and the command line find the broker.
#pragma once

#include <string>

namespace cell0 {

class Schema;

struct LinkConfig {  // ZeroMQ endpoints to connect to
  std::string ingest = "tcp://127.0.0.1:5550";
  std::string fanout = "tcp://127.0.0.1:5551";
  std::string control = "tcp://127.0.0.1:5552";
};

void describe(Schema& schema, LinkConfig& config);

}  // namespace cell0
