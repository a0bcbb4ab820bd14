// Which keys are taken, and the machine's own.
#include "common/auth/keys.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/unit/common/auth/token_maker.h"

using namespace cell0;
using namespace cell0::auth;
using namespace cell0::auth::test;

namespace {

class Directory {
 public:
  Directory() { REQUIRE(::mkdtemp(path_) != nullptr); }
  ~Directory() { std::filesystem::remove_all(path_); }
  std::string path() const { return path_; }
  std::string write(const std::string& text, mode_t mode = 0600) const {
    const std::string file = path() + "/key";
    std::ofstream(file, std::ios::trunc) << text;
    ::chmod(file.c_str(), mode);
    return file;
  }

 private:
  char path_[32] = "/tmp/cell0-keys-XXXXXX";
};

}  // namespace

TEST_CASE("a file that holds no key for the algorithm is refused, with what it is instead") {
  const Directory directory;
  const struct {
    Algorithm algorithm;
    std::string text;
    const char* word;
  } rows[] = {
      {Algorithm::kHs256, "short", "at least 32"},
      {Algorithm::kHs256, "0123456789abcdef 0123456789abcdef", "at least 32"},
      {Algorithm::kRs256, "", "no public key"},
      {Algorithm::kRs256, "nonsense", "no public key"},
      {Algorithm::kRs256, make_rsa(2048).private_pem, "no public key"},
      {Algorithm::kRs256, make_rsa(1024).public_pem, "1024 bits"},
      {Algorithm::kRs256, make_ec("P-256").public_pem, "not an RSA key"},
      {Algorithm::kEs256, make_rsa(2048).public_pem, "P-256"},
      {Algorithm::kEs256, make_ec("P-384").public_pem, "P-256"},
      {Algorithm::kEs256, std::string(20'000, 'x'), "16 KiB"},
  };
  for (const auto& row : rows) {
    const auto key = read_key_file(row.algorithm, directory.write(row.text), "");
    REQUIRE_MESSAGE(!key.ok(), row.word);
    CHECK_MESSAGE(key.error().text.find(row.word) != std::string::npos, key.error().text);
    CHECK_MESSAGE(key.error().text.find(directory.path()) == 0, key.error().text);
  }
  CHECK(read_key_file(Algorithm::kRs256, directory.path() + "/none", "").error().code == ErrorCode::kNotFound);
}

TEST_CASE("a secret that others can read is refused, a public key is not") {
  const Directory directory;
  const std::string secret = "0123456789abcdef+/0123456789abcdef";
  CHECK(read_key_file(Algorithm::kHs256, directory.write(secret, 0640), "").error().code == ErrorCode::kForbidden);
  const auto taken = read_key_file(Algorithm::kHs256, directory.write(secret + "\n"), "k1");
  REQUIRE(taken.ok());
  CHECK(taken->material == secret);
  CHECK(taken->kid == "k1");
  CHECK(read_key_file(Algorithm::kRs256, directory.write(make_rsa(2048).public_pem, 0644), "").ok());
  CHECK(read_key_file(Algorithm::kEs256, directory.write(make_ec("P-256").public_pem, 0644), "").ok());
}

TEST_CASE("the signing key is made once, and read again") {
  const Directory directory;
  const std::string state = directory.path() + "/state";
  CHECK(read_signing_key(signing_key_path(state)).error().code == ErrorCode::kNotFound);
  SystemRandom random;
  const auto made = read_or_make_signing_key(state, random);
  REQUIRE(made.ok());
  CHECK(made->algorithm == Algorithm::kHs256);
  CHECK(made->material.starts_with("cell0_key_"));
  CHECK(made->material.size() == 10 + 43);
  CHECK(read_or_make_signing_key(state, random)->material == made->material);
  CHECK(read_signing_key(signing_key_path(state))->material == made->material);
  struct stat status {};
  REQUIRE(::stat(signing_key_path(state).c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("algorithms have their exact names") {
  for (const Algorithm algorithm : {Algorithm::kHs256, Algorithm::kRs256, Algorithm::kEs256}) {
    CHECK(algorithm_named(to_string(algorithm)) == algorithm);
  }
  for (const char* wrong : {"", "none", "hs256", "HS512", "EdDSA"}) CHECK_FALSE(algorithm_named(wrong));
}
