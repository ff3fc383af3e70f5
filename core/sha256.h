// SHA-256, the hash behind ids, digests and checksums. Thread-safe: functions and values.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace adares {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

// The same of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Add(std::string_view bytes);
  // Of all that was added; the last call.
  std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace adares
