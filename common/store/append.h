// Writes events into a log. For the broker, and for `cell0 log import`.
#pragma once

#include "common/seq.h"
#include "common/store/database.h"
#include "common/store/names.h"

namespace cell0::store {

struct NewEvent {
  Seq seq;                    // above all that are there
  std::int64_t taken_us = 0;  // not before that of any event that is there
  std::string_view type;
  std::string_view topic;
  std::uint32_t priority = 5;
  bool relaxed = false;
  std::string_view envelope;  // encoded
};

class Appender {
 public:
  // REQUIRES: the database outlives it.
  static Result<Appender> create(Database& database);

  // REQUIRES: in a transaction.
  Result<void> append(const NewEvent& event);

  // Drops up to `names_max` types and topics that only events before `oldest` had. In a transaction.
  Result<void> drop_unused_names(Seq oldest, std::int64_t names_max);

  // To be called after a transaction that was not committed.
  void rolled_back();

 private:
  Appender(NameWriter types, NameWriter topics, Statement insert)
      : types_(std::move(types)), topics_(std::move(topics)), insert_(std::move(insert)) {}

  NameWriter types_, topics_;
  Statement insert_;
};

}  // namespace cell0::store
