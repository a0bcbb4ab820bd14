// The event types that a client may subscribe to by name: those of the schema, and users' own that have been seen.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "common/event_schema.h"

namespace cell0::gateway {

class KnownTypes {
 public:
  explicit KnownTypes(std::size_t user_types_max) : user_types_max_(user_types_max) {}

  // Over the bound further names are not remembered (prefix globs reach them all the same).
  void saw(const std::string& type) {
    if (find_event_type(type) == nullptr && user_types_.size() < user_types_max_) user_types_.insert(type);
  }
  bool knows(std::string_view name) const {
    return find_event_type(name) != nullptr || user_types_.count(std::string(name)) != 0;
  }

 private:
  std::size_t user_types_max_;
  std::set<std::string> user_types_;
};

}  // namespace cell0::gateway
