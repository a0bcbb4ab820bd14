#include "emitters/sdk/process_usage.h"

#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace cell0::emit {
namespace {

// The words of a line from `index` on, as a number each; 0 where there is none.
std::uint64_t number_at(std::string_view line, std::size_t index) {
  for (;; --index) {
    const auto begin = line.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return 0;
    const auto end = std::min(line.find_first_of(" \n", begin), line.size());
    if (index == 0) {
      std::uint64_t value = 0;
      std::from_chars(line.data() + begin, line.data() + end, value);
      return value;
    }
    line.remove_prefix(end);
  }
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

ProcessUsage parse_process_usage(std::string_view stat, std::string_view statm, long ticks_per_s, long page_bytes) {
  ProcessUsage usage;
  // The name, in parentheses, may have blanks and parentheses in it; utime and stime are words 12 and 13 behind it.
  if (const auto name_end = stat.rfind(')'); name_end != std::string_view::npos && ticks_per_s > 0) {
    const std::string_view words = stat.substr(name_end + 1);
    usage.cpu_s = static_cast<double>(number_at(words, 11) + number_at(words, 12)) / static_cast<double>(ticks_per_s);
  }
  if (page_bytes > 0) usage.memory = number_at(statm, 1) * static_cast<std::uint64_t>(page_bytes);
  return usage;
}

ProcessUsage read_process_usage(const std::string& directory) {
  return parse_process_usage(read_file(directory + "/stat"), read_file(directory + "/statm"), ::sysconf(_SC_CLK_TCK),
                             ::sysconf(_SC_PAGESIZE));
}

}  // namespace cell0::emit
