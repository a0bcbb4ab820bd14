#include "common/auth/keys.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>

#include "common/secret_file.h"

namespace cell0::auth {
namespace {

constexpr SecretKind kSigningKey{"signing.key", "cell0_key_", "signing key"};
constexpr SecretKind kForeignSecret{"", "", "HS256 secret"};
constexpr std::streamsize kPemBytesMax = 16 << 10;
constexpr int kRsaBitsMin = 2048;

struct Row {
  Algorithm algorithm;
  std::string_view name;
};
constexpr std::array kAlgorithms{Row{Algorithm::kHs256, "HS256"}, Row{Algorithm::kRs256, "RS256"},
                                 Row{Algorithm::kEs256, "ES256"}};

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, FreeKey>;

PublicKey parse_public_key(const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                         &BIO_free);
  return PublicKey(memory == nullptr ? nullptr : PEM_read_bio_PUBKEY(memory.get(), nullptr, nullptr, nullptr));
}

bool is_p256(const EVP_PKEY& key) {
  std::array<char, 64> group{};
  std::size_t length = 0;
  if (EVP_PKEY_base_id(&key) != EVP_PKEY_EC) return false;
  if (EVP_PKEY_get_group_name(&key, group.data(), group.size(), &length) != 1) return false;
  return std::string_view(group.data(), length) == "prime256v1";
}

Result<void> check_public_key(Algorithm algorithm, const std::string& path, const std::string& pem) {
  const PublicKey key = parse_public_key(pem);
  if (key == nullptr) {
    return Error{ErrorCode::kInvalid, path + ": holds no public key as PEM (-----BEGIN PUBLIC KEY-----)"};
  }
  if (algorithm == Algorithm::kEs256) {
    if (is_p256(*key)) return {};
    return Error{ErrorCode::kInvalid, path + ": is not a key of the curve P-256, which ES256 needs"};
  }
  if (EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return Error{ErrorCode::kInvalid, path + ": is not an RSA key, which RS256 needs"};
  }
  const int bits = EVP_PKEY_bits(key.get());
  if (bits >= kRsaBitsMin) return {};
  return Error{ErrorCode::kInvalid,
               path + ": an RSA key of " + std::to_string(bits) + " bits; at least 2048 are needed"};
}

Result<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::kNotFound, path + ": cannot be read"};
  std::string text(kPemBytesMax + 1, '\0');
  file.read(text.data(), kPemBytesMax + 1);
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.gcount() <= kPemBytesMax) return text;
  return Error{ErrorCode::kTooLarge, path + ": more than 16 KiB; a public key is smaller"};
}

}  // namespace

std::string_view to_string(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)].name; }

std::optional<Algorithm> algorithm_named(std::string_view text) {
  for (const Row& row : kAlgorithms) {
    if (row.name == text) return row.algorithm;
  }
  return std::nullopt;
}

Result<TokenKey> read_key_file(Algorithm algorithm, const std::string& path, std::string kid) {
  if (algorithm == Algorithm::kHs256) {
    auto secret = read_secret(path, kForeignSecret);
    if (!secret) return secret.error();
    return TokenKey{algorithm, std::move(*secret), std::move(kid)};
  }
  auto pem = read_text(path);
  if (!pem) return pem.error();
  if (auto checked = check_public_key(algorithm, path, *pem); !checked) return checked.error();
  return TokenKey{algorithm, std::move(*pem), std::move(kid)};
}

std::string signing_key_path(const std::string& state_dir) { return state_dir + "/" + std::string(kSigningKey.file); }

Result<TokenKey> read_or_make_signing_key(const std::string& state_dir, Random& random) {
  auto secret = read_or_make_secret(state_dir, kSigningKey, random);
  if (!secret) return secret.error();
  return TokenKey{Algorithm::kHs256, std::move(*secret)};
}

Result<TokenKey> read_signing_key(const std::string& path) {
  auto secret = read_secret(path, kSigningKey);
  if (!secret) return secret.error();
  return TokenKey{Algorithm::kHs256, std::move(*secret)};
}

}  // namespace cell0::auth
