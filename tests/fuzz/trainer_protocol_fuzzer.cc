// Any line is refused with a message, or is a command or an event that is written as it is read.
#include <cstdint>
#include <string>

#include "core/trainer_protocol.h"
#include "core/utf8.h"
#include "tests/fuzz/require.h"

namespace adares::trainer_protocol {
namespace {

using fuzz::Require;

template <typename Parse>
void Try(const std::string& line, Parse parse) {
  const auto message = parse(line);
  if (!message.ok()) {
    return Require(IsUtf8(std::string(message.status().message())), "messages are UTF-8");
  }
  const std::string written = Encode(*message);
  Require(written.find('\n') == std::string::npos, "a message is a line");
  const auto again = parse(written);
  Require(again.ok(), "what was written can be read");
  Require(Encode(*again) == written, "and is the same");
}

}  // namespace
}  // namespace adares::trainer_protocol

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace protocol = adares::trainer_protocol;
  const std::string line(data, data + size);
  protocol::Try(line, [](std::string_view text) { return protocol::ParseEvent(text); });
  protocol::Try(line, [](std::string_view text) { return protocol::ParseCommand(text); });
  return 0;
}
