#include "gateway/http/static_files.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace cell0;
using namespace cell0::gateway;
namespace fs = std::filesystem;

namespace {

// A directory of its own that goes with the test.
struct Site {
  Site() {
    std::string name = (fs::temp_directory_path() / "cell0-site-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    write("index.html", "<!doctype html>");
    write("favicon.svg", "<svg/>");
    write("assets/index-B3xYz019.js", "plain");
    write("assets/index-B3xYz019.js.gz", "zipped");
    write("assets/plain-name.css", "css");
    write(".secret", "x");
    write("docs/index.html", "docs");
  }
  ~Site() { fs::remove_all(path); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name, std::ios::binary) << bytes;
  }

  fs::path path;
};

HttpRequest get(const std::string& path, std::vector<HttpHeader> headers = {}) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  return request;
}

std::string header(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

StaticFiles load(const Site& site) {
  auto files = StaticFiles::load(site.path);
  REQUIRE(files.ok());
  return std::move(*files);
}

}  // namespace

TEST_CASE("files are served with their type and security headers") {
  const Site site;
  const StaticFiles files = load(site);
  CHECK(files.file_count() == 5);
  const auto page = files.serve(get("/"));
  REQUIRE(page.has_value());
  CHECK(page->status == 200);
  CHECK(page->body == "<!doctype html>");
  CHECK(page->content_type == "text/html; charset=utf-8");
  CHECK(header(*page, "Content-Security-Policy").find("default-src 'self'") != std::string::npos);
  CHECK(header(*page, "Content-Security-Policy").find("connect-src 'self' ws: wss:") != std::string::npos);
  CHECK(header(*page, "X-Content-Type-Options") == "nosniff");
  CHECK(header(*page, "Cache-Control") == "no-cache");
  CHECK(files.serve(get("/favicon.svg"))->content_type == "image/svg+xml");
  CHECK(files.serve(get("/docs/"))->body == "docs");
}

TEST_CASE("what was not found at the start is not served") {
  const Site site;
  fs::create_symlink("/etc/passwd", site.path / "passwd");
  fs::create_directory_symlink("/etc", site.path / "etc");
  const StaticFiles files = load(site);
  site.write("later.html", "x");
  for (const char* path : {"/nothing", "/docs", "/.secret", "/passwd", "/etc/passwd", "/../etc/passwd", "/later.html",
                           "", "/assets/", "/assets/index-B3xYz019.js.gz"}) {
    CAPTURE(std::string(path));
    CHECK_FALSE(files.serve(get(path)).has_value());
  }
  HttpRequest post = get("/");
  post.method = "POST";
  CHECK_FALSE(files.serve(post).has_value());
  post.method = "HEAD";
  CHECK(files.serve(post).has_value());
}

TEST_CASE("a client that has the file gets 304") {
  const Site site;
  const StaticFiles files = load(site);
  const std::string etag = header(*files.serve(get("/favicon.svg")), "ETag");
  CHECK(etag.size() > 10);
  CHECK(files.serve(get("/favicon.svg", {{"if-none-match", etag}}))->status == 304);
  CHECK(files.serve(get("/favicon.svg", {{"if-none-match", "\"x\", W/" + etag}}))->status == 304);
  CHECK(files.serve(get("/favicon.svg", {{"if-none-match", "*"}}))->status == 304);
  CHECK(files.serve(get("/favicon.svg", {{"if-none-match", "\"x\""}}))->status == 200);
  CHECK(files.serve(get("/", {{"if-none-match", etag}}))->status == 200);
}

TEST_CASE("the compressed sibling goes to clients that take gzip") {
  const Site site;
  const StaticFiles files = load(site);
  const std::string path = "/assets/index-B3xYz019.js";
  const auto plain = files.serve(get(path));
  CHECK(plain->body == "plain");
  CHECK(header(*plain, "Vary") == "Accept-Encoding");
  CHECK(header(*plain, "Content-Encoding") == "");
  for (const char* accept : {"gzip", "br, gzip;q=0.5", "deflate,gzip"}) {
    CAPTURE(std::string(accept));
    const auto zipped = files.serve(get(path, {{"accept-encoding", accept}}));
    CHECK(zipped->body == "zipped");
    CHECK(header(*zipped, "Content-Encoding") == "gzip");
    CHECK(zipped->content_type == "text/javascript; charset=utf-8");
    CHECK(header(*zipped, "ETag") != header(*plain, "ETag"));
  }
  for (const char* accept : {"", "br", "gzip;q=0", "gzipped"}) {
    CAPTURE(std::string(accept));
    CHECK(files.serve(get(path, {{"accept-encoding", accept}}))->body == "plain");
  }
}

TEST_CASE("names with a hash may be kept for ever") {
  const Site site;
  const StaticFiles files = load(site);
  CHECK(header(*files.serve(get("/assets/index-B3xYz019.js")), "Cache-Control") ==
        "public, max-age=31536000, immutable");
  CHECK(header(*files.serve(get("/assets/plain-name.css")), "Cache-Control") == "no-cache");
}

TEST_CASE("a directory that is missing or too large is an error") {
  const Site site;
  CHECK(StaticFiles::load(site.path / "missing").error().code == ErrorCode::kNotFound);
  CHECK(StaticFiles::load(site.path, {100, 20}).error().code == ErrorCode::kTooLarge);
  CHECK(StaticFiles::load(site.path, {3, 1000}).error().code == ErrorCode::kTooLarge);
}
