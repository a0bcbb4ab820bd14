#include "cli/commands.h"
#include "common/event_filter.h"

namespace cell0::cli {

Result<v1::Filter> filter_of(const FilterOptions& options) {
  v1::Filter filter;
  for (const std::string& type : options.types) filter.add_types(type);
  for (const std::string& topic : options.topics) filter.add_topics(topic);
  for (const std::string& source : options.sources) filter.add_sources(source);
  filter.set_min_priority(options.min_priority);
  filter.set_session_id(options.session);
  const auto checked = EventFilter::create(filter);
  if (!checked) return checked.error();
  return filter;
}

}  // namespace cell0::cli
