#include "gateway/http/query.h"

#include <algorithm>
#include <charconv>

#include "common/time_text.h"

namespace cell0::gateway {
namespace {

Result<std::uint64_t> parse_number(std::string_view name, std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) {
    return Error{ErrorCode::kInvalid, std::string(name) + ": \"" + std::string(text.substr(0, 40)) +
                                          "\" is not a whole number (" + std::to_string(min) + "-" +
                                          std::to_string(max) + ")"};
  }
  return value;
}

// Comma-separated values of a parameter, or of its other name; false if there is none.
template <typename Add>
bool read_list(const HttpRequest& request, std::string_view name, std::string_view other, Add&& add) {
  auto text = request.query_value(name);
  if (!text) text = request.query_value(other);
  if (!text || text->empty()) return false;
  bool any = false;
  std::string_view rest = *text;
  while (true) {
    const auto comma = rest.find(',');
    if (const std::string_view item = rest.substr(0, comma); !item.empty()) {
      add(std::string(item));
      any = true;
    }
    if (comma == std::string_view::npos) return any;
    rest.remove_prefix(comma + 1);
  }
}

// A browser that comes back shows both: its URL as it was made, and the last id that it saw.
Result<std::optional<Seq>> read_since(const HttpRequest& request) {
  if (const std::string_view last_id = request.header("last-event-id"); !last_id.empty()) {
    const auto last = parse_number("Last-Event-ID", last_id, 0, kSeqMax.value);
    if (!last) return last.error();
    return std::optional(Seq{*last});
  }
  const auto since = read_number(request, "since", kSeqMax.value);
  if (!since) return since.error();
  return *since ? std::optional(Seq{**since}) : std::nullopt;
}

}  // namespace

Result<std::optional<std::uint64_t>> read_number(const HttpRequest& request, std::string_view name, std::uint64_t max,
                                                 std::uint64_t min) {
  const auto text = request.query_value(name);
  if (!text) return std::optional<std::uint64_t>();
  const auto value = parse_number(name, *text, min, max);
  if (!value) return value.error();
  return std::optional(*value);
}

Result<StreamQuery> visible_to(const Access& access, StreamQuery query) {
  if (!access.may_some("history")) query.since.reset();
  v1::Filter filter = query.filter.proto();
  if (auto narrowed = access.narrow(filter, "subscribe"); !narrowed) return narrowed.error();
  if (query.since) {
    if (auto narrowed = access.narrow(filter, "history"); !narrowed) return narrowed.error();
  }
  auto compiled = EventFilter::create(filter);
  if (!compiled) return compiled.error();
  query.filter = std::move(*compiled);
  return query;
}

Result<HistorySince> read_history_since(const HttpRequest& request) {
  HistorySince since;
  const auto text = request.query_value("since");
  if (!text) return since;
  if (std::all_of(text->begin(), text->end(), [](char c) { return c >= '0' && c <= '9'; })) {
    const auto seq = parse_number("since", *text, 0, kSeqMax.value);
    if (!seq) return seq.error();
    since.seq = Seq{*seq};
    return since;
  }
  const auto time = parse_time(*text);
  if (!time) return Error{ErrorCode::kInvalid, "since: " + time.error().text + ", and not a seq"};
  since.time = *time;
  return since;
}

Result<EventFilter> read_filter(const HttpRequest& request, v1::Audience audience) {
  v1::Filter filter;
  const bool types = read_list(request, "types", "type", [&](std::string name) {
    if (name == "all")
      filter.set_audience(audience);
    else
      filter.add_types(std::move(name));
  });
  const bool topics =
      read_list(request, "topics", "topic", [&](std::string name) { filter.add_topics(std::move(name)); });
  if (!types && !topics) filter.set_audience(audience);
  read_list(request, "sources", "source", [&](std::string name) { filter.add_sources(std::move(name)); });
  const auto min_priority = read_number(request, "min_priority", 10, 1);
  if (!min_priority) return min_priority.error();
  if (*min_priority) filter.set_min_priority(static_cast<std::uint32_t>(**min_priority));
  if (const auto session = request.query_value("session_id")) filter.set_session_id(*session);
  return EventFilter::create(filter);
}

Result<StreamQuery> read_stream_query(const HttpRequest& request, v1::Audience audience) {
  auto filter = read_filter(request, audience);
  if (!filter) return filter.error();
  auto since = read_since(request);
  if (!since) return since.error();
  return StreamQuery{std::move(filter).value(), *since};
}

}  // namespace cell0::gateway
