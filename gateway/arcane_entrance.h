// Where clients of the arcane dialect come in (dialects.md section 4): which dialect, which events, and what they are
// counted as. /ws/events is the stream of spells, with ?daemon= those of one daemon; /ws/events/{channel} is a channel.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/dialects/arcane.h"
#include "gateway/http/query.h"

namespace cell0::gateway {

// Under this topic whoever is on /ws/events is counted, on all gateways.
inline constexpr std::string_view kSpellsTopic = "events.spell";

class ArcaneEntrance {
 public:
  static constexpr std::size_t kDaemonsMax = 64;  // different ?daemon= at a time

  struct Place {
    std::shared_ptr<const Dialect> dialect;  // kept as long as its clients
    StreamQuery query;
    std::string channel;  // "": the spells
    std::string counted_topic;
  };

  // Whether an explicit path selects this dialect.
  static bool is_path(std::string_view path);

  // kInvalid, kTooLarge: the query, or the channel's name; the text says which. kFull: too many different daemons.
  Result<Place> find(const HttpRequest& request);

 private:
  Result<Place> find_channel(const HttpRequest& request, std::string_view name) const;
  std::shared_ptr<const Dialect> of_daemon(const std::string& daemon);

  const std::shared_ptr<const Dialect> spells_ = std::make_shared<ArcaneDialect>();
  const std::shared_ptr<const Dialect> channels_ = std::make_shared<ArcaneChannelDialect>();
  // Used again, when their clients have gone: the hub remembers renderers by their address.
  std::vector<std::shared_ptr<ArcaneDialect>> of_daemons_;
};

}  // namespace cell0::gateway
