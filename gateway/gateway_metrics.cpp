#include "gateway/gateway_metrics.h"

namespace cell0::gateway {
namespace {

using Read = double (*)(const Gateway&);

struct Row {
  const char* name;
  const char* help;
  Read read;
};

template <typename T>
double number(T value) {
  return static_cast<double>(value);
}

constexpr Row kCounters[] = {
    {"cell0_gateway_events_total", "Events of the stream taken in.",
     [](const Gateway& g) { return number(g.hub().stats().events); }},
    {"cell0_gateway_deliveries_total", "Events handed to clients' sockets.",
     [](const Gateway& g) { return number(g.hub().stats().deliveries); }},
    {"cell0_gateway_flushes_total", "Turns in which gathered events were written.",
     [](const Gateway& g) { return number(g.hub().stats().flushes); }},
    {"cell0_gateway_demotions_total", "Times a live client's socket was full and it became a cursor.",
     [](const Gateway& g) { return number(g.hub().stats().demotions); }},
    {"cell0_gateway_skips_told_total", "Skip notices sent to clients.",
     [](const Gateway& g) { return number(g.hub().stats().skips_told); }},
    {"cell0_gateway_events_skipped_total", "Events left out for slow clients, where their number is known.",
     [](const Gateway& g) { return number(g.hub().stats().events_skipped); }},
    {"cell0_gateway_history_requests_total", "Pages of history asked from the broker for cursors.",
     [](const Gateway& g) { return number(g.hub_history_requests()); }},
    {"cell0_gateway_gaps_total", "Gaps found in the broker's chain.",
     [](const Gateway& g) { return number(g.link().chain().gaps()); }},
    {"cell0_gateway_malformed_batches_total", "Messages on the fanout that could not be read.",
     [](const Gateway& g) { return number(g.link().malformed()); }},
    {"cell0_gateway_connections_accepted_total", "Sockets accepted.",
     [](const Gateway& g) { return number(g.server().stats().accepted); }},
    {"cell0_gateway_requests_total", "HTTP requests.",
     [](const Gateway& g) { return number(g.server().stats().requests); }},
    {"cell0_gateway_requests_refused_total", "HTTP requests refused as malformed or too large.",
     [](const Gateway& g) { return number(g.server().stats().requests_refused); }},
    {"cell0_gateway_received_bytes_total", "Bytes from clients.",
     [](const Gateway& g) { return number(g.server().stats().bytes_in); }},
    {"cell0_gateway_sent_bytes_total", "Bytes to clients.",
     [](const Gateway& g) { return number(g.server().stats().bytes_out); }},
    {"cell0_gateway_messages_received_total", "WebSocket messages from clients.",
     [](const Gateway& g) { return number(g.server().stats().messages_in); }},
    {"cell0_gateway_inflated_bytes_total", "Bytes that came out of clients' compressed messages.",
     [](const Gateway& g) { return number(g.server().stats().bytes_inflated); }},
    {"cell0_gateway_closed_stalled_total", "Clients closed because they took nothing (1013).",
     [](const Gateway& g) { return number(g.server().stats().closed_stalled); }},
    {"cell0_gateway_closed_input_total", "Clients closed because incomplete messages held too much (1013).",
     [](const Gateway& g) { return number(g.server().stats().closed_input); }},
    {"cell0_gateway_closed_silent_total", "Clients closed because nothing was heard of them.",
     [](const Gateway& g) { return number(g.server().stats().closed_silent); }},
    {"cell0_gateway_tokens_refused_total", "Wrong, expired and revoked tokens that were shown.",
     [](const Gateway& g) { return number(g.throttle().failures()); }},
    {"cell0_gateway_closed_token_total", "Clients closed because their token expired or was revoked (4001).",
     [](const Gateway& g) { return number(g.accesses_ended()); }},
    {"cell0_gateway_presence_announcements_total", "Announcements of presence to the broker, renewals included.",
     [](const Gateway& g) { return number(g.presence().figures().announcements); }},
    {"cell0_gateway_presence_announced_all_total", "Times that everything was announced anew.",
     [](const Gateway& g) { return number(g.presence().figures().announced_all); }},
    {"cell0_gateway_presence_snapshots_total", "Snapshots of presence loaded from the broker.",
     [](const Gateway& g) { return number(g.presence().figures().snapshots); }},
    {"cell0_gateway_presence_unreadable_total", "presence_changed events that were not the broker's.",
     [](const Gateway& g) { return number(g.presence().figures().unreadable); }},
    {"cell0_gateway_protocol_errors_total", "WebSocket connections failed with 1002, 1007 or 1009.",
     [](const Gateway& g) {
       const TransportStats stats = g.server().stats();
       return number(stats.errors_protocol + stats.errors_data + stats.errors_too_big);
     }},
};

constexpr Row kGauges[] = {
    {"cell0_gateway_revoked_tokens", "Revoked tokens that have not expired.",
     [](const Gateway& g) { return number(g.revocations().size()); }},
    {"cell0_gateway_websockets", "Open WebSockets.",
     [](const Gateway& g) { return number(g.server().stats().websockets); }},
    {"cell0_gateway_websockets_deflating", "Open WebSockets that agreed to permessage-deflate.",
     [](const Gateway& g) { return number(g.server().stats().websockets_deflating); }},
    {"cell0_gateway_input_bytes", "Bytes held of messages that are incomplete.",
     [](const Gateway& g) { return number(g.server().stats().input_bytes); }},
    {"cell0_gateway_streams", "Open server-sent event streams.",
     [](const Gateway& g) { return number(g.server().stats().streams); }},
    {"cell0_gateway_connections", "Open connections of every kind.",
     [](const Gateway& g) { return number(g.server().stats().connections); }},
    {"cell0_gateway_cursors", "Clients that are behind the head.",
     [](const Gateway& g) { return number(g.hub().stats().cursors); }},
    {"cell0_gateway_subscription_sets", "Different subscriptions.",
     [](const Gateway& g) { return number(g.hub().stats().sets); }},
    {"cell0_gateway_ring_events", "Events held in the ring.",
     [](const Gateway& g) { return number(g.hub().ring().size()); }},
    {"cell0_gateway_ring_bytes", "Bytes held in the ring.",
     [](const Gateway& g) { return number(g.hub().ring().bytes()); }},
    {"cell0_gateway_held_bytes", "Bytes held back while a gap is repaired.",
     [](const Gateway& g) { return number(g.link().chain().held_bytes()); }},
    {"cell0_gateway_newest_seq", "The newest event's seq.",
     [](const Gateway& g) { return number(g.hub().ring().newest().value); }},
    {"cell0_gateway_presence_online", "Entities that are connected to any gateway.",
     [](const Gateway& g) { return number(g.presence().figures().online); }},
    {"cell0_gateway_presence_here", "Entities that are connected to this gateway.",
     [](const Gateway& g) { return number(g.presence().figures().entities_here); }},
    {"cell0_gateway_presence_topics", "Topics with counted subscribers on this gateway.",
     [](const Gateway& g) { return number(g.presence().figures().topics_here); }},
    {"cell0_gateway_link_up", "1 while the broker link is up.",
     [](const Gateway& g) { return g.link().up() ? 1.0 : 0.0; }},
};

}  // namespace

void add_gateway_metrics(Metrics& metrics, const Gateway& gateway) {
  for (const Row& row : kCounters)
    metrics.sampled_counter(row.name, row.help, [&gateway, &row] { return row.read(gateway); });
  for (const Row& row : kGauges)
    metrics.sampled_gauge(row.name, row.help, [&gateway, &row] { return row.read(gateway); });
  add_process_metrics(metrics);
}

}  // namespace cell0::gateway
