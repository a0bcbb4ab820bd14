// ChatSource: lines from standard input and a unix socket as chat_message events.
#pragma once

#include <memory>

#include "emitters/runtime/host.h"
#include "emitters/runtime/line_server.h"

namespace cell0::emit {

class ChatSource final : public Source {
 public:
  // kConflict, kInternal: the socket; the error names its path.
  static Result<std::unique_ptr<Source>> create(Host& host);

 private:
  explicit ChatSource(Host& host) : host_(host), config_(host.config.emit.chat), refused_(std::chrono::seconds(10)) {}
  Result<void> open();
  Result<void> on_line(const LineSplitter::Line& line);

  Host& host_;
  const EmitChatConfig& config_;
  LogThrottle refused_;
  std::unique_ptr<LineServer> server_;
  std::unique_ptr<LineReader> stdin_;
};

}  // namespace cell0::emit
