// Tokens of any content, signed or not, and keys to sign them with: what an issuer, or a forger, could make.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/auth/keys.h"
#include "common/random.h"

namespace cell0::auth::test {

inline std::string encode(std::string_view text) {
  return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

inline std::string hmac(std::string_view key, std::string_view text) {
  std::uint8_t code[32];
  unsigned size = sizeof code;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), code, &size);
  return std::string(reinterpret_cast<const char*>(code), size);
}

// A token with exactly this header and these claims, whatever they are.
inline std::string hs256(std::string_view header, std::string_view claims, std::string_view key) {
  const std::string input = encode(header) + "." + encode(claims);
  return input + "." + encode(hmac(key, input));
}

struct KeyPair {
  std::string public_pem, private_pem;
};

inline std::string pem_of(EVP_PKEY& key, bool secret) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  if (secret)
    PEM_write_bio_PrivateKey(memory.get(), &key, nullptr, nullptr, 0, nullptr, nullptr);
  else
    PEM_write_bio_PUBKEY(memory.get(), &key);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

inline KeyPair make_pair(EVP_PKEY* made) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(made, &EVP_PKEY_free);
  return {pem_of(*key, false), pem_of(*key, true)};
}
inline KeyPair make_rsa(unsigned bits) {
  return make_pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{bits}));
}
inline KeyPair make_ec(const char* curve) { return make_pair(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve)); }

}  // namespace cell0::auth::test
