// Every dialect takes any text of a client and makes requests of it, at least one; each can be answered.
#include <array>
#include <string>

#include "common/check.h"
#include "gateway/dialects/arcane.h"
#include "gateway/dialects/cell0d.h"
#include "gateway/dialects/coda.h"
#include "gateway/dialects/jsonrpc.h"
#include "gateway/dialects/neolith.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {

void fuzz(std::string_view input) {
  static const gateway::ArcaneDialect arcane;
  static const gateway::Cell0dDialect cell0d;
  static const gateway::CodaDialect coda;
  static const gateway::JsonRpcDialect jsonrpc;
  static const gateway::NeolithDialect neolith;
  static const std::array<const gateway::Dialect*, 5> dialects{&arcane, &cell0d, &coda, &jsonrpc, &neolith};
  for (const gateway::Dialect* dialect : dialects) {
    const gateway::Decoded decoded = dialect->decode(input);
    std::string frames;
    for (const gateway::Request& request : decoded.requests) {
      dialect->reply(frames, request.context, gateway::ErrorReply{"no", gateway::Fault::kServer});
    }
    CELL0_CHECK(!decoded.requests.empty());
  }
}

}  // namespace cell0
