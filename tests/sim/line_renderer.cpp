#include "tests/sim/line_renderer.h"

#include <sstream>

#include "common/uuid.h"

namespace cell0::sim {

void LineRenderer::event(std::string& out, const gateway::Event& event) const {
  out += "event " + std::to_string(event.seq().value) + ' ' + event.id() + ' ' + event.data() + '\n';
}

void LineRenderer::skipped(std::string& out, const gateway::Skipped& skipped) const {
  out += "skipped " + std::to_string(skipped.from.value) + ' ' + std::to_string(skipped.to.value) + ' ' +
         std::to_string(skipped.priority_above) + ' ' + to_string(skipped.reason) + '\n';
}

void LineRenderer::resumed(std::string& out, const gateway::Resumed& resumed) const {
  out += std::string("resumed ") + (resumed.recovered ? '1' : '0') + ' ' +
         std::to_string(resumed.first.value_or(Seq{}).value) + ' ' +
         std::to_string(resumed.last.value_or(Seq{}).value) + '\n';
}

SeenLine SeenLine::parse(std::string_view line) {
  SeenLine seen;
  std::istringstream words{std::string(line.substr(0, 120))};  // the padding does not matter
  std::string kind;
  words >> kind;
  if (kind == "event") {
    std::uint64_t seq = 0;
    std::string id;
    words >> seq >> id;
    seen.event.emplace(Seq{seq}, EventName::of(parse_uuid(id).value().raw()));
  } else if (kind == "skipped") {
    gateway::Skipped skipped;
    std::string reason;
    words >> skipped.from.value >> skipped.to.value >> skipped.priority_above >> reason;
    skipped.reason = reason == "slow"  ? gateway::SkipReason::kSlow
                     : reason == "gap" ? gateway::SkipReason::kGap
                                       : gateway::SkipReason::kNotRetained;
    seen.skipped = skipped;
  } else {
    gateway::Resumed resumed;
    Seq first, last;
    words >> resumed.recovered >> first.value >> last.value;
    if (first != Seq{}) resumed.first = first;
    if (last != Seq{}) resumed.last = last;
    seen.resumed = resumed;
  }
  return seen;
}

}  // namespace cell0::sim
