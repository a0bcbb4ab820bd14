#include "common/http/request_parser.h"

#include <llhttp.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "common/check.h"
#include "common/http/url.h"

namespace cell0 {
namespace {

constexpr std::size_t kBlankLinesBeforeMax = 2;  // RFC 9112 section 2.2: a server should ignore at least one
constexpr std::size_t kChunkOverhead = 8;        // one-byte chunks without extensions cost 6 bytes each
constexpr std::size_t kContentLengthDigitsMax = 18;
constexpr std::string_view kTokenSymbols = "!#$%&'*+-.^_`|~";

bool is_token_char(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || kTokenSymbols.find(c) != std::string_view::npos;
}

// No control characters; CR and LF, which only end lines, are judged with the lines.
bool bytes_allowed(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](unsigned char c) { return c >= 0x20 ? c != 0x7f : c == '\t' || c == '\r' || c == '\n'; });
}

// What is wrong with a header line (without its CRLF); nullptr: nothing that llhttp would let pass.
const char* header_line_fault(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return "a folded header";
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return "a header without a colon";
  if (colon == 0 || !std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(colon), is_token_char)) {
    return "a header name with a character that names cannot have";
  }
  return nullptr;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool equal_no_case(const std::string& a, std::string_view b) { return lower(a) == lower(std::string(b)); }

}  // namespace

struct RequestParser::Impl {
  explicit Impl(const RequestLimits& given) : limits(given) { restart(); }

  void restart() {
    llhttp_init(&llhttp, HTTP_REQUEST, &settings());
    llhttp.data = this;
    head.clear();
    line_begin = blank_lines = lines = raw_body_bytes = 0;
    hosts = 0;
    last_byte = byte_before = '\0';
    request = HttpRequest{};
    state = State::kHead;
  }

  void fail(int status, std::string text) {
    state = State::kFailed;
    error_status = status;
    error_text = std::move(text);
  }

  // --- The head.
  std::size_t take_head(std::string_view bytes) {
    std::size_t used = 0;
    while (used < bytes.size() && state == State::kHead) {
      const std::string_view rest = bytes.substr(used);
      const std::size_t newline = rest.find('\n');
      const std::string_view part = rest.substr(0, newline == std::string_view::npos ? newline : newline + 1);
      used += part.size();
      append_to_head(part);
      if (state == State::kHead && newline != std::string_view::npos) end_line();
    }
    return used;
  }

  void append_to_head(std::string_view part) {
    if (!bytes_allowed(part)) return fail(400, "the request's head holds a control character");
    if (head.size() + part.size() > limits.head_bytes_max) {
      const auto text = "over " + std::to_string(limits.head_bytes_max) + " bytes";
      return lines == 0 ? fail(414, "the request line is " + text) : fail(431, "the request's head is " + text);
    }
    head.append(part);
  }

  void end_line() {
    const std::string_view line = std::string_view(head).substr(line_begin);
    if (line.size() < 2 || line[line.size() - 2] != '\r') return fail(400, "a line of the head ends in LF without CR");
    const std::string_view text = line.substr(0, line.size() - 2);
    if (text.find('\r') != std::string_view::npos) return fail(400, "a line of the head holds a CR");
    if (text.empty()) return lines == 0 ? skip_blank_line() : parse_head();
    if (lines++ > 0) {
      if (const char* fault = header_line_fault(text)) return fail(400, std::string("the head has ") + fault);
      if (lines > limits.headers_max + 1) {
        return fail(431, "more than " + std::to_string(limits.headers_max) + " headers");
      }
    }
    line_begin = head.size();
  }

  void skip_blank_line() {
    if (++blank_lines > kBlankLinesBeforeMax) return fail(400, "blank lines before the request");
    head.clear();
  }

  void parse_head() {
    const llhttp_errno_t error = llhttp_execute(&llhttp, head.data(), head.size());
    if (error == HPE_INVALID_VERSION) return fail(505, "not HTTP/1.0 or HTTP/1.1");
    const bool paused = error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE;
    if (error != HPE_OK && !paused)
      return fail(400, std::string("malformed request: ") + llhttp_get_error_reason(&llhttp));
    request.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(&llhttp)));
    if (check_version() && join_headers() && check_host() && check_target() && check_framing()) {
      request.keep_alive = wants_keep_alive();
      request.is_websocket_upgrade = request.method == "GET" &&
                                     header_has_token(request.header("connection"), "upgrade") &&
                                     header_has_token(request.header("upgrade"), "websocket");
      state = paused ? State::kDone : State::kBody;
    }
    head = std::string();
  }

  bool refuse(int status, std::string text) {
    fail(status, std::move(text));
    return false;
  }

  bool check_version() {
    const int major = llhttp_get_http_major(&llhttp);
    const int minor = llhttp_get_http_minor(&llhttp);
    if (major != 1 || minor > 1) return refuse(505, "not HTTP/1.0 or HTTP/1.1");
    request.http_1_0 = minor == 0;
    return true;
  }

  // Lower-case names, trimmed values, one entry a name.
  bool join_headers() {
    std::vector<HttpHeader> joined;
    for (HttpHeader& header : request.headers) {
      header.name = lower(std::move(header.name));
      const std::size_t end = header.value.find_last_not_of(" \t");
      header.value.erase(end == std::string::npos ? 0 : end + 1);
      hosts += header.name == "host" ? 1 : 0;
      const auto same = std::find_if(joined.begin(), joined.end(),
                                     [&](const HttpHeader& other) { return other.name == header.name; });
      if (same == joined.end()) {
        joined.push_back(std::move(header));
      } else if (header.name == "content-length") {
        return refuse(400, "more than one Content-Length");
      } else {
        same->value.append(header.name == "cookie" ? "; " : ", ").append(header.value);
      }
    }
    request.headers = std::move(joined);
    return true;
  }

  bool check_host() {
    if (hosts > 1) return refuse(400, "more than one Host header");
    if (hosts == 0 && !request.http_1_0) return refuse(400, "no Host header");
    const bool clean = request.header("host").find_first_of(" \t,/@?#") == std::string_view::npos;
    return clean || refuse(400, "the Host header is not a host");
  }

  bool check_target() {
    if (request.method == "CONNECT") return refuse(501, "CONNECT is not supported: this is no proxy");
    std::string_view target = request.target;
    if (target == "*" && request.method == "OPTIONS") {
      request.path = "*";
      return true;
    }
    if (target.find('#') != std::string_view::npos) return refuse(400, "the request target holds a fragment");
    if (!strip_authority(target)) return refuse(400, "the request target names another host than the Host header");
    const std::size_t question = std::min(target.find('?'), target.size());
    request.query = target.substr(std::min(question + 1, target.size()));
    if (!is_query(request.query)) return refuse(400, "the request's query is not percent-encoded UTF-8");
    auto path = normalise_path(target.substr(0, question));
    if (!path) return refuse(400, "the request target is not a path below /");
    request.path = std::move(*path);
    return true;
  }

  // "http://host/path" to "/path" (RFC 9112 section 3.2.2). False if the host is not the Host header's.
  bool strip_authority(std::string_view& target) const {
    const std::size_t scheme_end = target.find("://");
    if (target.front() == '/' || scheme_end == std::string_view::npos) return true;
    target.remove_prefix(scheme_end + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    if (!equal_no_case(std::string(target.substr(0, end)), request.header("host"))) return false;
    target.remove_prefix(end);
    if (target.empty()) target = "/";
    return true;
  }

  // How long the body is: nothing that two parsers could read differently.
  bool check_framing() {
    const std::string_view coding = request.header("transfer-encoding");
    const std::string_view length = request.header("content-length");
    const bool has_length = has_header("content-length");
    if (has_header("transfer-encoding")) {
      if (has_length) return refuse(400, "Content-Length beside Transfer-Encoding");
      if (request.http_1_0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
      if (!equal_no_case(std::string(coding), "chunked")) return refuse(501, "a Transfer-Encoding other than chunked");
    }
    if (has_length) {
      const bool digits = !length.empty() && length.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits || length.size() > kContentLengthDigitsMax) return refuse(400, "Content-Length is not a length");
      if (std::stoull(std::string(length)) > limits.body_bytes_max) return refuse_body();
    }
    const std::string_view expect = request.header("expect");
    if (expect.empty() || equal_no_case(std::string(expect), "100-continue")) return true;
    return refuse(417, "an expectation other than 100-continue");
  }

  bool has_header(std::string_view name) const {
    return std::any_of(request.headers.begin(), request.headers.end(), [&](const auto& h) { return h.name == name; });
  }

  bool refuse_body() { return refuse(413, "the body is over " + std::to_string(limits.body_bytes_max) + " bytes"); }

  bool wants_keep_alive() const {
    const std::string_view connection = request.header("connection");
    if (header_has_token(connection, "close")) return false;
    return !request.http_1_0 || header_has_token(connection, "keep-alive");
  }

  // --- The body.
  std::size_t take_body(std::string_view bytes) {
    const llhttp_errno_t error = llhttp_execute(&llhttp, bytes.data(), bytes.size());
    if (state == State::kFailed) return bytes.size();
    if (error == HPE_OK) {
      count_body(bytes);
      return bytes.size();
    }
    if (error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE) {
      fail(400, std::string("malformed body: ") + llhttp_get_error_reason(&llhttp));
      return bytes.size();
    }
    const auto used = static_cast<std::size_t>(llhttp_get_error_pos(&llhttp) - bytes.data());
    count_body(bytes.substr(0, used));
    if (state == State::kFailed) return used;
    // llhttp takes a bare LF for the empty line that ends a chunked body.
    const bool chunked = !has_header("content-length");
    if (chunked && (byte_before != '\r' || last_byte != '\n')) {
      fail(400, "malformed body: it does not end in CR LF");
    } else {
      state = State::kDone;
    }
    return used;
  }

  void count_body(std::string_view raw) {
    if (raw.size() >= 2) {
      byte_before = raw[raw.size() - 2];
      last_byte = raw.back();
    } else if (raw.size() == 1) {
      byte_before = std::exchange(last_byte, raw.back());
    }
    raw_body_bytes += raw.size();
    if (raw_body_bytes > limits.body_bytes_max * kChunkOverhead + limits.head_bytes_max) {
      fail(413, "the chunks and trailers around the body are too long");
    }
  }

  // --- What llhttp calls.
  static Impl& of(llhttp_t* parser) { return *static_cast<Impl*>(parser->data); }

  static const llhttp_settings_t& settings() {
    static const llhttp_settings_t table = [] {
      llhttp_settings_t s;
      llhttp_settings_init(&s);
      s.on_url = [](llhttp_t* p, const char* at, std::size_t size) { return of(p).request.target.append(at, size), 0; };
      s.on_header_field = &on_header_field;
      s.on_header_value = &on_header_value;
      s.on_body = &on_body;
      s.on_message_complete = [](llhttp_t*) -> int { return HPE_PAUSED; };
      return s;
    }();
    return table;
  }

  static int on_header_field(llhttp_t* parser, const char* at, std::size_t size) {
    Impl& self = of(parser);
    if (self.state != State::kHead) return 0;  // a trailer
    if (std::exchange(self.in_value, false) || self.request.headers.empty()) self.request.headers.emplace_back();
    self.request.headers.back().name.append(at, size);
    return 0;
  }

  static int on_header_value(llhttp_t* parser, const char* at, std::size_t size) {
    Impl& self = of(parser);
    if (self.state != State::kHead || self.request.headers.empty()) return 0;
    self.in_value = true;
    self.request.headers.back().value.append(at, size);
    return 0;
  }

  static int on_body(llhttp_t* parser, const char* at, std::size_t size) {
    Impl& self = of(parser);
    if (self.request.body.size() + size > self.limits.body_bytes_max) {
      self.refuse_body();
      return HPE_USER;
    }
    self.request.body.append(at, size);
    return 0;
  }

  const RequestLimits limits;
  llhttp_t llhttp{};
  State state = State::kHead;
  HttpRequest request;
  std::string head;             // only in kHead
  std::size_t line_begin = 0;   // of the line in the making, in `head`
  std::size_t blank_lines = 0;  // before the request line
  std::size_t lines = 0;        // complete ones
  std::size_t raw_body_bytes = 0;
  int hosts = 0;
  bool in_value = false;
  char last_byte = '\0';  // of the raw body
  char byte_before = '\0';
  int error_status = 0;
  std::string error_text;
};

RequestParser::RequestParser(const RequestLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::feed(std::string_view bytes) {
  std::size_t used = 0;
  if (impl_->state == State::kHead) used = impl_->take_head(bytes);
  if (impl_->state == State::kBody && used < bytes.size()) used += impl_->take_body(bytes.substr(used));
  return used;
}

RequestParser::State RequestParser::state() const { return impl_->state; }

bool RequestParser::started() const { return impl_->state != State::kHead || !impl_->head.empty(); }

bool RequestParser::wants_continue() const {
  return impl_->state == State::kBody && impl_->raw_body_bytes == 0 && !impl_->request.http_1_0 &&
         !impl_->request.header("expect").empty();
}

HttpRequest RequestParser::take() {
  CELL0_CHECK(impl_->state == State::kDone);
  HttpRequest request = std::move(impl_->request);
  impl_->in_value = false;
  impl_->restart();
  return request;
}

int RequestParser::error_status() const { return impl_->error_status; }
std::string_view RequestParser::error_text() const { return impl_->error_text; }

}  // namespace cell0
