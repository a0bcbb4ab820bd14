#include "gateway/transport/deflate_offer.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace cell0::gateway {
namespace {

constexpr int kWindowBitsMin = 8;
constexpr int kWindowBitsMax = 15;

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

// The parts of `text` between separators; one inside quotes is none.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (quoted && text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      quoted = !quoted;
    else if (text[at] == separator && !quoted) {
      parts.push_back(trim(text.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  parts.push_back(trim(text.substr(begin)));
  return parts;
}

struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;  // without the quotes
};

Parameter parameter_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {text, std::nullopt};
  std::string_view value = trim(text.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return {trim(text.substr(0, equals)), value};
}

// "8" to "15", without a leading zero; 0 for anything else.
int window_bits(std::string_view value) {
  for (int bits = kWindowBitsMin; bits <= kWindowBitsMax; ++bits) {
    if (value == std::to_string(bits)) return bits;
  }
  return 0;
}

struct Offer {
  std::vector<std::string_view> names;  // of the parameters seen
  bool asks_window = false;             // server_max_window_bits is there, and ours fits into it
};

// Whether we can agree to the parameter.
bool take(Offer& offer, const Parameter& parameter) {
  if (std::find(offer.names.begin(), offer.names.end(), parameter.name) != offer.names.end()) return false;
  offer.names.push_back(parameter.name);
  if (parameter.name == "server_no_context_takeover" || parameter.name == "client_no_context_takeover") {
    return !parameter.value;
  }
  if (parameter.name == "client_max_window_bits") return !parameter.value || window_bits(*parameter.value) != 0;
  if (parameter.name != "server_max_window_bits" || !parameter.value) return false;
  offer.asks_window = true;
  return window_bits(*parameter.value) >= kDeflateWindowBits;
}

}  // namespace

std::string deflate_answer(std::string_view offers) {
  for (const std::string_view text : split(offers, ',')) {
    const std::vector<std::string_view> parts = split(text, ';');
    if (parts.front() != "permessage-deflate") continue;
    Offer offer;
    const bool agreed = std::all_of(parts.begin() + 1, parts.end(),
                                    [&](std::string_view part) { return take(offer, parameter_of(part)); });
    if (!agreed) continue;
    // Both may be answered without having been asked for (sections 7.1.1.1 and 7.1.1.2).
    std::string answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    if (offer.asks_window) answer += "; server_max_window_bits=" + std::to_string(kDeflateWindowBits);
    return answer;
  }
  return {};
}

}  // namespace cell0::gateway
