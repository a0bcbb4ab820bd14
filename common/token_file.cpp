#include "common/token_file.h"

namespace cell0 {
namespace {

constexpr SecretKind kAdminToken{"admin.token", "cell0_", "admin token"};

}  // namespace

std::string admin_token_path(const std::string& state_dir) { return state_dir + "/" + std::string(kAdminToken.file); }

Result<std::string> read_admin_token(const std::string& state_dir) {
  return read_secret(admin_token_path(state_dir), kAdminToken);
}

Result<std::string> read_or_make_admin_token(const std::string& state_dir, Random& random) {
  return read_or_make_secret(state_dir, kAdminToken, random);
}

}  // namespace cell0
