// The names that a subscription may use.
#include "gateway/known_types.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::gateway;

TEST_CASE("the schema's types are known from the start, a user's once it was seen") {
  KnownTypes types(10);
  CHECK(types.knows("chat_message"));
  CHECK_FALSE(types.knows("my_own"));
  types.saw("my_own");
  CHECK(types.knows("my_own"));
  CHECK_FALSE(types.knows("my_ow"));
  CHECK_FALSE(types.knows(""));
}

TEST_CASE("no more users' types are remembered than allowed; those of the schema do not count") {
  KnownTypes types(2);
  types.saw("chat_message");
  types.saw("one");
  types.saw("one");
  types.saw("two");
  types.saw("three");
  CHECK(types.knows("two"));
  CHECK_FALSE(types.knows("three"));
}
