// The readers of small texts: what they refuse they refuse with a message, and what they take is
// written as it is read. The first byte says whose turn it is.
#include <array>
#include <cstdint>
#include <string>

#include "core/checkpoint.h"
#include "core/duration_text.h"
#include "core/label.h"
#include "core/measurement.h"
#include "core/number_form.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/requirement.h"
#include "core/skip_constraint_text.h"
#include "core/skip_init_text.h"
#include "core/stop_rule.h"
#include "core/sweep_spec.h"
#include "core/utf8.h"
#include "server/listen_address.h"
#include "server/store/json_text.h"
#include "server/store/page_token.h"
#include "tests/fuzz/require.h"

namespace adares {
namespace {

using fuzz::Require;

void RequireMessage(const absl::Status& status) {
  Require(!status.message().empty(), "refusals have messages");
}

// What `parse` takes, `format` writes so that it is read as the same.
template <typename Parse, typename Format>
void RoundTrip(const std::string& text, Parse parse, Format format) {
  const auto value = parse(text);
  if (!value.ok()) return RequireMessage(value.status());
  const std::string written = format(*value);
  const auto again = parse(written);
  Require(again.ok(), "what was written can be read");
  Require(format(*again) == written, "and is the same");
}

void SkipInits(const std::string& text) {
  RoundTrip(text, ParseSkipInit, FormatSkipInit);
  RoundTrip(text, ParseSkipInitOverride, FormatSkipInitOverride);
}

void SkipConstraints(const std::string& text) {
  RoundTrip(text, ParseSkipConstraint, FormatSkipConstraint);
}

void Numbers(const std::string& text) {
  RoundTrip(text, ParseNumber, FormatNumber);
  RequireMessage(ParseInteger(text).ok() ? absl::UnknownError("fine")
                                         : ParseInteger(text).status());
  const NumberForm form{"normal", 3, "normal(0, 0.05)", 1};
  if (!StartsForm(form, text)) return;
  const auto arguments = ParseForm(form, text);
  if (!arguments.ok()) return RequireMessage(arguments.status());
  Require(arguments->size() >= 2 && arguments->size() <= 3, "a form has its arguments");
}

void Durations(const std::string& text) {
  const absl::StatusOr<Duration> length = ParseDuration(text);
  if (!length.ok()) return RequireMessage(length.status());
  Require(*length >= Duration(0) && *length <= kLongestDuration,
          "durations are within their limits");
}

void Names(const std::string& text) {
  if (IsLabelKey(text) || IsMetricKey(text) || IsSiteName(text) || IsSweepName(text) ||
      IsSha256(text) || IsCheckpointFileName(text)) {
    Require(IsUtf8(text) && !text.empty() && text.size() <= 128, "names are short and plain");
  }
  if (IsCheckpointFileName(text)) {
    Require(text.find('/') == std::string::npos && text != "." && text != "..",
            "a file's name stays in its folder");
  }
  const std::string quoted = Quoted(text);
  Require(IsUtf8(quoted) && quoted.find('\n') == std::string::npos && quoted.size() < 100,
          "a quote can be shown");
}

void PageTokens(const std::string& text) {
  const auto key = PageTokenKey("sweeps", text);
  if (!key.ok()) {
    RequireMessage(key.status());
  } else {
    Require(*PageTokenKey("sweeps", MakePageToken("sweeps", *key)) == *key, "a key comes back");
  }
  const auto number = PageTokenNumber("sweeps", text);
  if (number.ok()) Require(key.ok(), "a number is a key");
  if (text.find('\n') == std::string::npos) {
    Require(*PageTokenKey("a list", MakePageToken("a list", text)) == text, "any key comes back");
    Require(!PageTokenKey("another", MakePageToken("a list", text)).ok(), "but not elsewhere");
  }
}

void Addresses(const std::string& text) {
  for (const bool insecure : {false, true}) {
    const absl::Status status = CheckListenAddress("--listen", text, insecure);
    if (!status.ok()) RequireMessage(status);
  }
}

void Machines(const std::string& text) {
  const auto format = [](const auto& value) { return ToText(value); };
  RoundTrip(text, ParseRequirement, format);
  RoundTrip(text, ParseCapability, format);
}

void Json(const std::string& text) {
  const auto format = [](const auto& value) { return ToJson(value); };
  RoundTrip(text, StringMapFromJson, format);
  RoundTrip(text, StringsFromJson, format);
  RoundTrip(text, IntegersFromJson, format);
  RoundTrip(text, AxesFromJson, format);
  RoundTrip(text, AxisValuesFromJson, format);
  RoundTrip(text, RetryBudgetsFromJson, format);
}

void StopRules(const std::string& text) {
  RoundTrip(text, ParseStopRule, [](const StopRule& rule) { return ToText(rule); });
}

constexpr std::array kTurns = {SkipInits,  SkipConstraints, Numbers,  Durations, Names,
                               PageTokens, Addresses,       Machines, Json,      StopRules};

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  adares::kTurns[data[0] % adares::kTurns.size()](std::string(data + 1, data + size));
  return 0;
}
