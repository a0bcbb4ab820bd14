// The dashboard's files: read into memory once, served from there.
//
// No disk access after load(), so a path can only ever name what was found then. Symbolic links that leave the
// directory and names that begin with a dot are not served.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"
#include "gateway/transport/http_message.h"

namespace cell0::gateway {

struct StaticFilesLimits {
  std::size_t files_max = 2'000;
  std::size_t bytes_max = 32 * 1024 * 1024;  // of all files together, their .gz siblings included
};

class StaticFiles {
 public:
  // Reads every file below `directory`. kNotFound: no such directory; kTooLarge: over a limit.
  static Result<StaticFiles> load(const std::filesystem::path& directory, const StaticFilesLimits& limits = {});

  // The answer to a GET or HEAD of a file: 200 or 304. nullopt if no file has this path or the method is another one.
  // "/" and "/dir/" are their index.html. Where "x.gz" lies beside "x" and the client takes gzip, its bytes are sent.
  // Names with a hash ("assets/index-B3xYz019.js") may be cached for ever, everything else is to be revalidated.
  std::optional<HttpResponse> serve(const HttpRequest& request) const;

  std::size_t file_count() const { return files_.size(); }

 private:
  struct File {
    std::string bytes;
    std::string gzip;  // "" if there is none
    std::string etag;
    std::string gzip_etag;
    std::string_view content_type;
    bool immutable = false;
  };
  StaticFiles() = default;
  void adopt_gzip_siblings();

  std::map<std::string, File, std::less<>> files_;  // by request path: "/assets/index.js"
};

// "text/javascript; charset=utf-8" for "a.js"; "application/octet-stream" for what is unknown.
std::string_view content_type_of(std::string_view file_name);

}  // namespace cell0::gateway
