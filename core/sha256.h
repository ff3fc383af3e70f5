// SHA-256, the hash behind ids, digests and checksums. Thread-safe: a pure function, and a class
// whose objects share nothing.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;  // OpenSSL's

namespace adares {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

// The same of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();

  void Add(std::string_view bytes);
  // Of all that was added. To be called once, last.
  std::string Hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

}  // namespace adares
