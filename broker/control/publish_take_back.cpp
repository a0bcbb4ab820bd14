// What the PublishDesk does when a commit has failed.
#include <algorithm>

#include "broker/control/publish_desk.h"

namespace cell0::broker {
namespace {

using Status = v1::PublishOutcome::Status;

// It used its n up.
bool consumed(Status status) {
  return status == v1::PublishOutcome::ACCEPTED || status == v1::PublishOutcome::DUPLICATE ||
         status == v1::PublishOutcome::REJECTED || status == v1::PublishOutcome::KEY_REUSED ||
         status == v1::PublishOutcome::FENCED;
}

}  // namespace

void PublishDesk::not_committed(Drafts& failed, Drafts& gathered, const Error& error) {
  give_back_stored(failed);
  std::vector<bool> gone_failed(failed.added()), gone_gathered(gathered.added());
  // What is taken back frees keys, and with them events of other origins that were called duplicates of it.
  for (bool more = true; more;) {
    more = false;
    for (Waiting& waiting : waiting_) {
      auto& gone = waiting.turn <= failed.turn ? gone_failed : gone_gathered;
      if (take_back(waiting, gone, error.text)) more = true;
    }
    for (const Waiting& waiting : waiting_) take_back_keys(waiting);
  }
  correct_notes(gathered);
  failed.remove_if([&](std::size_t index, v1::Durability) { return gone_failed[index]; });
  gathered.remove_if([&](std::size_t index, v1::Durability) { return gone_gathered[index]; });
}

// Every origin goes back to before its first event that would have been stored; or, if all were ephemeral and so not
// even seqs were to be had, before its first event.
void PublishDesk::give_back_stored(const Drafts& failed) {
  const bool only_ephemeral = !failed.any_stored();
  for (const Waiting& waiting : waiting_) {
    if (waiting.turn > failed.turn) continue;
    Origin* origin = origins_.find(waiting.emitter_id, waiting.incarnation);
    for (std::size_t i = 0; origin != nullptr && i < waiting.outcomes.size(); ++i) {
      const Outcome& outcome = waiting.outcomes[i];
      const bool lost = outcome.status == v1::PublishOutcome::ACCEPTED &&
                        (only_ephemeral || failed.durability_of(outcome.seq) != v1::EPHEMERAL);
      if (lost) origin->give_back(waiting.first_n + i);
    }
  }
}

// Nothing of it from where its origin stands again was kept, nothing at all if the origin is forgotten: the emitter
// sends it anew. True if anything changed.
bool PublishDesk::take_back(Waiting& waiting, std::vector<bool>& gone, const std::string& why) {
  const Origin* origin = origins_.find(waiting.emitter_id, waiting.incarnation);
  const std::uint64_t stands_at = origin == nullptr ? waiting.first_n : origin->expected();
  bool changed = false;
  for (std::size_t i = 0; i < waiting.outcomes.size(); ++i) {
    Outcome& outcome = waiting.outcomes[i];
    if (waiting.first_n + i < stands_at || !consumed(outcome.status)) continue;
    if (outcome.status == v1::PublishOutcome::ACCEPTED) {
      gone[outcome.seq] = true;
      --counters_.accepted_publish;
      const auto key =
          std::find_if(waiting.keys.begin(), waiting.keys.end(), [i](const EventKey& of) { return of.index == i; });
      if (key != waiting.keys.end()) keys_.give_back(key->view());
    }
    outcome = Outcome::refused(v1::PublishOutcome::UNAVAILABLE, why);
    ++counters_.unavailable;
    changed = true;
  }
  waiting.expected_n = stands_at;
  return changed;
}

// An event that was called a duplicate of one that is gone was not kept either.
void PublishDesk::take_back_keys(const Waiting& waiting) {
  for (const EventKey& key : waiting.keys) {
    if (!key.unseen || waiting.outcomes[key.index].status != v1::PublishOutcome::DUPLICATE) continue;
    if (keys_.look(key.view(), clock_.wall()).verdict != Idempotency::Verdict::kNew) continue;
    Origin* origin = origins_.find(waiting.emitter_id, waiting.incarnation);
    if (origin != nullptr) origin->give_back(waiting.first_n + key.index);
  }
}

void PublishDesk::correct_notes(Drafts& gathered) {
  auto& notes = gathered.notes.origins;
  // Of an origin that is forgotten everything was taken back.
  std::erase_if(notes,
                [this](const OriginNote& note) { return origins_.find(note.emitter_id, note.incarnation) == nullptr; });
  for (OriginNote& note : notes) {
    note.last_n = std::min(note.last_n, origins_.find(note.emitter_id, note.incarnation)->expected() - 1);
  }
}

}  // namespace cell0::broker
