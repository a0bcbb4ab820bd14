// The WebSocket engine takes any bytes of a client, however they are cut, within its limits.
#include <string>
#include <vector>

#include "common/check.h"
#include "common/utf8.h"
#include "gateway/transport/ws_engine.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {
namespace {

constexpr std::size_t kMessageMax = 4096;

std::string read(std::string bytes, std::size_t piece, bool deflate) {
  static gateway::WsEnginePool pool;
  auto engine = pool.take({kMessageMax, deflate});
  std::string seen;
  for (std::size_t done = 0; done < bytes.size();) {
    gateway::WsEvent event;
    const std::size_t count = std::min(piece, bytes.size() - done);
    const std::size_t taken = engine->consume(bytes.data() + done, count, event);
    CELL0_CHECK(taken <= count);
    done += taken;
    if (event.kind == gateway::WsEvent::Kind::kNone) {
      if (taken == 0) break;
      continue;
    }
    if (event.kind == gateway::WsEvent::Kind::kError) return seen + "!" + std::to_string(event.code);
    CELL0_CHECK(event.payload.size() <= kMessageMax);
    if (event.kind == gateway::WsEvent::Kind::kText) CELL0_CHECK(is_utf8(event.payload));
    seen += std::to_string(static_cast<int>(event.kind)) + ':' + std::string(event.payload) + '\n';
    if (event.kind == gateway::WsEvent::Kind::kClose) return seen;
  }
  if (engine->at_boundary()) pool.put(std::move(engine));
  return seen;
}

}  // namespace

void fuzz(std::string_view input) {
  if (input.empty()) return;
  const std::string bytes(input.substr(1));
  const bool deflate = input.front() & 1;
  CELL0_CHECK(read(bytes, bytes.size() + 1, deflate) == read(bytes, 5, deflate));
}

}  // namespace cell0
