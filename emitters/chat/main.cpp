// cell0-emit-chat: what people type, on standard input or a unix socket, as chat_message events.
#include "common/version.h"
#include "emitters/chat/chat_source.h"

int main(int argc, char** argv) {
  using namespace cell0;
  const ProgramInfo program{.text = {"cell0-emit-chat", "Publishes chat messages, one a line.", version()},
                            .flags = {{"--stdin", "emit.chat.stdin"},
                                      {"--socket", "emit.chat.socket"},
                                      {"--channel", "emit.chat.channel"},
                                      {"--sender", "emit.chat.sender"}},
                            .check = {}};
  return emit::run_emitter(argc, argv, program, &emit::ChatSource::create);
}
