// Tokens of anybody: without the key nothing is taken.
#include <string>

#include "common/auth/jwt.h"
#include "common/check.h"
#include "tests/fuzz/fuzz.h"

namespace cell0 {

void fuzz(std::string_view input) {
  static const auth::TokenVerifier verifier =
      auth::TokenVerifier::create({{auth::Algorithm::kHs256, std::string(48, 'k')}}).value();
  CELL0_CHECK(!verifier.verify(input, WallTime{}).ok());
}

}  // namespace cell0
