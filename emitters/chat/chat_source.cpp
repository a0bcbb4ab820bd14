#include "emitters/chat/chat_source.h"

#include <unistd.h>

#include "emitters/chat/chat_line.h"
#include "emitters/sdk/cell0d.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kLineBytesMax = 256u << 10;

}  // namespace

Result<std::unique_ptr<Source>> ChatSource::create(Host& host) {
  std::unique_ptr<ChatSource> source(new ChatSource(host));
  if (auto opened = source->open(); !opened) return opened.error();
  return std::unique_ptr<Source>(std::move(source));
}

Result<void> ChatSource::open() {
  if (config_.socket != "off") {
    auto server = LineServer::create(host_.io, config_.socket, kLineBytesMax,
                                     [this](const LineSplitter::Line& line) { return on_line(line); });
    if (!server) return Error{server.error().code, "emit.chat.socket: " + server.error().text};
    server_ = std::move(*server);
    host_.log.info("taking messages", {{"socket", config_.socket}});
  }
  if (config_.stdin_lines) {
    stdin_ = std::make_unique<LineReader>(
        host_.io, STDIN_FILENO, kLineBytesMax,
        [this](const LineSplitter::Line& line) { static_cast<void>(on_line(line)); },
        [this] {
          host_.log.info("standard input has ended");
          if (!server_) host_.finish(kExitStopped);
        });
  }
  return {};
}

Result<void> ChatSource::on_line(const LineSplitter::Line& line) {
  if (line.text.find_first_not_of(" \t") == std::string_view::npos) return {};
  const auto parsed = line.cut ? Result<ChatLine>(Error{ErrorCode::kTooLarge, "the line is longer than 256 KiB"})
                               : parse_chat_line(line.text, config_.sender, config_.channel);
  Result<void> taken;
  if (!parsed) {
    taken = parsed.error();
  } else {
    taken = emit_chat_message(host_.emitter, {.message = parsed->message,
                                              .sender = parsed->sender,
                                              .channel = parsed->channel,
                                              .metadata_json = parsed->metadata_json,
                                              .session_id = parsed->session_id});
  }
  if (taken) return taken;
  if (auto pass = refused_.admit(host_.clock.mono())) {
    host_.log.warn("a message was refused", {{"why", taken.error().text}, {"suppressed", pass->suppressed}});
  }
  return taken;
}

}  // namespace cell0::emit
