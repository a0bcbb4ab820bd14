// Every dialect takes any text of a client and makes requests of it, at least one; each can be answered.
#include <string>

#include "common/check.h"
#include "gateway/dialects/cell0d.h"
#include "gateway/dialects/jsonrpc.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {

void fuzz(std::string_view input) {
  static const gateway::Cell0dDialect cell0d;
  static const gateway::JsonRpcDialect jsonrpc;
  for (const gateway::Dialect* dialect :
       {static_cast<const gateway::Dialect*>(&cell0d), static_cast<const gateway::Dialect*>(&jsonrpc)}) {
    const gateway::Decoded decoded = dialect->decode(input);
    std::string frames;
    for (const gateway::Request& request : decoded.requests) {
      dialect->reply(frames, request.context, gateway::ErrorReply{"no", gateway::Fault::kServer});
    }
    CELL0_CHECK(!decoded.requests.empty());
  }
}

}  // namespace cell0
