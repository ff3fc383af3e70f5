// Any text is refused with a message, or is a configuration whose canonical text reads as the same.
#include <cstdint>
#include <string>

#include "core/status.h"
#include "core/trial_spec.h"
#include "core/utf8.h"
#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using adares::fuzz::Require;
  const std::string text(data, data + size);
  const absl::StatusOr<adares::TrialSpec> spec = adares::ParseTrialSpec(text);
  if (!spec.ok()) {
    Require(adares::ErrorReason(spec.status()) == adares::reason::kSpecInvalid,
            "refusals have the reason");
    Require(adares::IsUtf8(std::string(spec.status().message())), "messages are UTF-8");
    return 0;
  }
  const std::string canonical = adares::CanonicalJson(*spec);
  const absl::StatusOr<adares::TrialSpec> again = adares::ParseTrialSpec(canonical);
  Require(again.ok(), "what was written can be read");
  Require(adares::CanonicalJson(*again) == canonical, "canonical text is canonical");
  Require(adares::TrialId(*again) == adares::TrialId(*spec), "the id stays");
  return 0;
}
