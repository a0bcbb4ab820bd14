#include "gateway/transport/deflate_offer.h"

#include <doctest/doctest.h>

using namespace cell0::gateway;

TEST_CASE("an offer of permessage-deflate is answered by the RFC, or declined") {
  const std::string plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  const std::string window = plain + "; server_max_window_bits=12";
  struct Row {
    std::string why;
    std::string offers;
    std::string answer;
  };
  const Row rows[] = {
      {"nothing", "", ""},
      {"another extension", "x-webkit-deflate-frame", ""},
      {"a longer name", "permessage-deflate2", ""},
      {"an unknown parameter", "permessage-deflate; level=9", ""},
      {"a parameter twice", "permessage-deflate; client_max_window_bits; client_max_window_bits=10", ""},
      {"a value where none is allowed", "permessage-deflate; server_no_context_takeover=1", ""},
      {"an empty value where none is allowed", "permessage-deflate; client_no_context_takeover=", ""},
      {"no value where one is due", "permessage-deflate; server_max_window_bits", ""},
      {"8 bits for us: zlib cannot, and would take 9", "permessage-deflate; server_max_window_bits=8", ""},
      {"a smaller window than ours", "permessage-deflate; server_max_window_bits=11", ""},
      {"window bits below the range", "permessage-deflate; client_max_window_bits=7", ""},
      {"window bits above the range", "permessage-deflate; server_max_window_bits=16", ""},
      {"window bits with a leading zero", "permessage-deflate; client_max_window_bits=08", ""},
      {"window bits that are no number", "permessage-deflate; client_max_window_bits=x", ""},
      {"empty window bits", "permessage-deflate; client_max_window_bits=", ""},
      {"an empty parameter", "permessage-deflate;", ""},
      {"a quote that never ends", "permessage-deflate; client_max_window_bits=\"10", ""},
      {"an offer inside another's quotes", "foo; a=\"x, permessage-deflate, y\"", ""},
      {"the same behind an escaped quote", "foo; a=\"x\\\", permessage-deflate, y\"", ""},

      {"the plain offer", "permessage-deflate", plain},
      {"Chrome and Firefox", "permessage-deflate; client_max_window_bits", plain},
      {"ws for Node", "permessage-deflate; client_max_window_bits", plain},
      {"a client that spares memory", "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12",
       window},
      {"8 bits for the client: any window inflates that", "permessage-deflate; client_max_window_bits=8", plain},
      {"a larger window than ours", "permessage-deflate; server_max_window_bits=15", window},
      {"a quoted value", "permessage-deflate; server_max_window_bits=\"13\"", window},
      {"both takeovers", "permessage-deflate; server_no_context_takeover; client_no_context_takeover", plain},
      {"no spaces", "permessage-deflate;client_no_context_takeover;server_max_window_bits=12", window},
      {"many spaces", "  permessage-deflate ;\tclient_max_window_bits = 10 ", plain},
      {"behind another extension", "foo; a=\"b, c\", permessage-deflate", plain},
      {"the second choice", "permessage-deflate; server_max_window_bits=10, permessage-deflate", plain},
      {"the first that fits", "permessage-deflate; server_max_window_bits=14, permessage-deflate", window},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    CHECK(deflate_answer(row.offers) == row.answer);
  }
}
