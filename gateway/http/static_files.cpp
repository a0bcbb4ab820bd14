#include "gateway/http/static_files.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

namespace cell0::gateway {
namespace {

namespace fs = std::filesystem;

struct ContentType {
  std::string_view extension;
  std::string_view type;
};
constexpr ContentType kContentTypes[] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/markdown; charset=utf-8"},
    {".xml", "application/xml"},
    {".wasm", "application/wasm"},
};

// What a page of ours may load and do: its own files, its own server; no inline script, no frames, no plug-ins.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::string_view kRevalidate = "no-cache";
constexpr std::size_t kHashCharsMin = 8;  // Vite's default

// FNV-1a, 64 bits: tells versions of a file apart; nobody gains by making two collide.
std::string etag_of(std::string_view bytes, std::string_view suffix) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  char text[24];
  const int size = std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return "\"" + std::string(text, static_cast<std::size_t>(size)).append(suffix) + "\"";
}

// "index-B3xYz019.js": a dash, eight or more characters of base64url with a digit or capital among them, one extension.
bool has_hash(std::string_view file_name) {
  const std::string_view stem = file_name.substr(0, file_name.find('.'));
  const std::size_t dash = stem.size() > kHashCharsMin ? stem.rfind('-', stem.size() - kHashCharsMin - 1) : stem.npos;
  if (dash == stem.npos) return false;
  const std::string_view hash = stem.substr(dash + 1);
  const auto is_hash_char = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  const auto is_telling = [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; };
  return std::all_of(hash.begin(), hash.end(), is_hash_char) && std::any_of(hash.begin(), hash.end(), is_telling);
}

// Whether the client takes gzip (RFC 9110 section 12.5.3): named, and not with q=0.
bool accepts_gzip(std::string_view accept_encoding) {
  while (!accept_encoding.empty()) {
    const std::size_t end = std::min(accept_encoding.find(','), accept_encoding.size());
    std::string item(accept_encoding.substr(0, end));
    accept_encoding.remove_prefix(std::min(end + 1, accept_encoding.size()));
    std::erase_if(item, [](unsigned char c) { return std::isspace(c) != 0; });
    if (item.rfind("gzip", 0) != 0 || (item.size() > 4 && item[4] != ';')) continue;
    const std::size_t q = item.find("q=");
    return q == std::string::npos || item.find_first_of("123456789", q) != std::string::npos;
  }
  return false;
}

bool etag_matches(std::string_view if_none_match, std::string_view etag) {
  if (if_none_match == "*") return true;
  return if_none_match.find(etag) != std::string_view::npos;  // its quotes keep it from being part of another
}

Result<std::string> read_file(const fs::path& path, std::size_t bytes_max) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{ErrorCode::kInternal, path.string() + ": cannot be read"};
  std::string bytes;
  char block[16 * 1024];
  while (in.read(block, sizeof block) || in.gcount() > 0) {
    bytes.append(block, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > bytes_max) {
      return Error{ErrorCode::kTooLarge, path.string() + ": the files here are over the limit for files in memory"};
    }
  }
  return bytes;
}

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto pair = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return pair.first == directory.end();
}

bool has_hidden_part(const fs::path& relative) {
  return std::any_of(relative.begin(), relative.end(),
                     [](const fs::path& part) { return part.string().front() == '.'; });
}

// The regular files below `directory`, sorted, links that leave it left out.
Result<std::vector<fs::path>> find_files(const fs::path& directory, std::size_t files_max) {
  std::error_code error;
  const fs::path root = fs::canonical(directory, error);
  if (error || !fs::is_directory(root, error)) {
    return Error{ErrorCode::kNotFound, directory.string() + ": no such directory"};
  }
  std::vector<fs::path> found;
  for (fs::recursive_directory_iterator it(root, error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    const fs::path real = fs::canonical(it->path(), ignored);
    if (ignored || !fs::is_regular_file(real, ignored) || !is_below(real, root)) continue;
    if (has_hidden_part(it->path().lexically_relative(root))) continue;
    found.push_back(it->path());
    if (found.size() > files_max) {
      return Error{ErrorCode::kTooLarge, directory.string() + ": over " + std::to_string(files_max) + " files"};
    }
  }
  if (error) return Error{ErrorCode::kInternal, directory.string() + ": " + error.message()};
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  const std::size_t dot = file_name.rfind('.');
  const std::string_view extension = dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot);
  const auto* found = std::find_if(std::begin(kContentTypes), std::end(kContentTypes),
                                   [&](const ContentType& row) { return row.extension == extension; });
  return found == std::end(kContentTypes) ? "application/octet-stream" : found->type;
}

Result<StaticFiles> StaticFiles::load(const fs::path& directory, const StaticFilesLimits& limits) {
  auto paths = find_files(directory, limits.files_max);
  if (!paths) return paths.error();
  std::error_code ignored;
  const fs::path root = fs::canonical(directory, ignored);
  StaticFiles files;
  std::size_t bytes_left = limits.bytes_max;
  for (const fs::path& path : *paths) {
    auto bytes = read_file(path, bytes_left);
    if (!bytes) return bytes.error();
    bytes_left -= bytes->size();
    const std::string name = path.filename().string();
    File file;
    file.etag = etag_of(*bytes, "");
    file.bytes = std::move(*bytes);
    file.content_type = content_type_of(name);
    file.immutable = has_hash(name);
    files.files_.emplace("/" + path.lexically_relative(root).generic_string(), std::move(file));
  }
  files.adopt_gzip_siblings();
  return files;
}

// "x.gz" beside "x" is another form of it, not a file of its own.
void StaticFiles::adopt_gzip_siblings() {
  for (auto it = files_.begin(); it != files_.end();) {
    const std::string& path = it->first;
    const bool compressed = path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
    const auto plain = compressed ? files_.find(path.substr(0, path.size() - 3)) : files_.end();
    if (plain == files_.end()) {
      ++it;
      continue;
    }
    plain->second.gzip_etag = etag_of(plain->second.bytes, "-gz");
    plain->second.gzip = std::move(it->second.bytes);
    it = files_.erase(it);
  }
}

std::optional<HttpResponse> StaticFiles::serve(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  const bool directory = !request.path.empty() && request.path.back() == '/';
  const auto found = files_.find(directory ? request.path + "index.html" : request.path);
  if (found == files_.end()) return std::nullopt;
  const File& file = found->second;
  const bool gzip = !file.gzip.empty() && accepts_gzip(request.header("accept-encoding"));
  const std::string& etag = gzip ? file.gzip_etag : file.etag;

  HttpResponse response;
  response.content_type = file.content_type;
  response.headers = {{"ETag", etag},
                      {"Cache-Control", std::string(file.immutable ? kImmutable : kRevalidate)},
                      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"}};
  if (!file.gzip.empty()) response.headers.emplace_back("Vary", "Accept-Encoding");
  if (etag_matches(request.header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = gzip ? file.gzip : file.bytes;
  return response;
}

}  // namespace cell0::gateway
