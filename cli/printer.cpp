#include "cli/printer.h"

#include <unistd.h>

#include <cstdio>

#include "cli/render.h"

namespace cell0::cli {

Printer::Printer(bool pretty) : pretty_(pretty), colours_(pretty && isatty(STDOUT_FILENO) == 1) {}

bool Printer::print(const v1::Delivered& event) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(event.envelope())) {
    complain("seq " + std::to_string(event.seq()) + ": not an envelope that this version can read");
    return true;
  }
  const std::string line = (pretty_ ? pretty_line(event, envelope, colours_) : json_line(event, envelope)) + "\n";
  ++printed_;
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size();
}

bool Printer::flush() { return std::fflush(stdout) == 0; }

void complain(const std::string& text) { std::fprintf(stderr, "cell0: %s\n", text.c_str()); }

}  // namespace cell0::cli
