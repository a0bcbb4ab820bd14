#include "common/http/message.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>

#include "common/http/url.h"

namespace cell0 {
namespace {

bool equal_no_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c == 0x7f || (c < 0x20 && c != '\t'); });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (has_control_character(name) || has_control_character(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

void append_status_line(std::string& out, int status, std::string_view date) {
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(http_reason(status)).append("\r\n");
  if (!date.empty()) append_header(out, "Date", date);
}

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

struct StatusName {
  int status;
  std::string_view name;
};
constexpr StatusName kStatusNames[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::optional<std::string> HttpRequest::query_value(std::string_view name) const {
  return cell0::query_value(query, name);
}

bool header_has_token(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(','), value.size());
    if (equal_no_case(trim(value.substr(0, end)), token)) return true;
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return false;
}

std::string_view http_reason(int status) {
  const auto* found = std::find_if(std::begin(kStatusNames), std::end(kStatusNames),
                                   [&](const auto& row) { return row.status == status; });
  return found == std::end(kStatusNames) ? std::string_view{} : found->name;
}

void append_http_stream_head(std::string& out, const HttpResponse& response, std::string_view date) {
  append_status_line(out, response.status, date);
  append_header(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  append_header(out, "Connection", "close");
  out.append("\r\n");
}

void append_http_response(std::string& out, const HttpResponse& response, const HttpResponseContext& context,
                          std::string_view date) {
  const bool has_body = status_has_body(response.status);
  out.reserve(out.size() + 256 + response.body.size());
  append_status_line(out, response.status, date);
  if (has_body) {
    append_header(out, "Content-Type", response.content_type);
    append_header(out, "Content-Length", std::to_string(response.body.size()));
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (!context.keep_alive) {
    append_header(out, "Connection", "close");
  } else if (context.http_1_0) {
    append_header(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  if (has_body && !context.head_request) out.append(response.body);
}

std::string http_date(std::int64_t unix_seconds) {
  // Not strftime: its names follow the process's locale.
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_seconds;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                                 kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                                 utc.tm_min, utc.tm_sec);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace cell0
