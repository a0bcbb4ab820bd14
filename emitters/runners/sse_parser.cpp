#include "emitters/runners/sse_parser.h"

#include "common/utf8.h"

namespace cell0::emit {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kShownMax = 60;

}  // namespace

Error SseParser::too_large() {
  return {ErrorCode::kTooLarge, "an event of more than " + std::to_string(kEventBytesMax) + " bytes"};
}

Result<void> SseParser::take_line() {
  std::string_view line = line_;
  if (first_line_ && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  first_line_ = false;
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field.empty() || field == "event" || field == "id" || field == "retry") return {};
  if (field != "data")
    return Error{ErrorCode::kInvalid, "\"" + printable(line, kShownMax) + "\" is no line of an event stream"};
  if (data_.size() + value.size() > kEventBytesMax) return too_large();
  if (has_data_) data_ += '\n';
  data_ += value;
  has_data_ = true;
  return {};
}

}  // namespace cell0::emit
