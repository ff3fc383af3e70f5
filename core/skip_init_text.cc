// Reading and writing initial values.
#include "core/skip_init_text.h"

#include "core/number_form.h"
#include "core/number_text.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr NumberForm kNormal = {"normal", 2, "normal(0, 0.05)"};
constexpr NumberForm kUniform = {"uniform", 2, "uniform(0, 1)"};
constexpr NumberForm kRootDepth = {"root-depth", 1, "root-depth(1)"};
constexpr NumberForm kDecay = {"decay", 1, "decay(0.5)"};
constexpr NumberForm kMatchRms = {"match-rms", 1, "match-rms(1)"};
constexpr std::string_view kInherit = "inherit";

absl::StatusOr<SkipInit> ParseNormal(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kNormal, text));
  if (arguments[1] <= 0) {
    return absl::InvalidArgumentError("has a standard deviation that is not > 0");
  }
  return SkipInit{SkipInit::Kind::kNormal, arguments[0], arguments[1], 0};
}

absl::StatusOr<SkipInit> ParseUniform(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kUniform, text));
  if (arguments[0] >= arguments[1]) {
    return absl::InvalidArgumentError("has an upper end that is not above the lower one");
  }
  return SkipInit{SkipInit::Kind::kUniform, arguments[0], 0, arguments[1]};
}

// A form of one number that is the value.
absl::StatusOr<SkipInit> ParseRule(SkipInit::Kind kind, const NumberForm& form,
                                   std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(form, text));
  if (kind == SkipInit::Kind::kMatchRms && arguments[0] <= 0) {
    return absl::InvalidArgumentError("has a ratio that is not > 0");
  }
  return SkipInit{kind, arguments[0], 0, 0};
}

}  // namespace

std::string FormatSkipInit(const SkipInit& init) {
  switch (init.kind) {
    case SkipInit::Kind::kNormal:
      return FormatForm(kNormal, {init.value, init.sd});
    case SkipInit::Kind::kUniform:
      return FormatForm(kUniform, {init.value, init.high});
    case SkipInit::Kind::kRootDepth:
      return FormatForm(kRootDepth, {init.value});
    case SkipInit::Kind::kDecay:
      return FormatForm(kDecay, {init.value});
    case SkipInit::Kind::kMatchRms:
      return FormatForm(kMatchRms, {init.value});
    case SkipInit::Kind::kConstant:
      break;
  }
  return FormatNumber(init.value);
}

absl::StatusOr<SkipInit> ParseSkipInit(std::string_view text) {
  if (StartsForm(kNormal, text)) return ParseNormal(text);
  if (StartsForm(kUniform, text)) return ParseUniform(text);
  if (StartsForm(kRootDepth, text)) return ParseRule(SkipInit::Kind::kRootDepth, kRootDepth, text);
  if (StartsForm(kDecay, text)) return ParseRule(SkipInit::Kind::kDecay, kDecay, text);
  if (StartsForm(kMatchRms, text)) return ParseRule(SkipInit::Kind::kMatchRms, kMatchRms, text);
  SkipInit init;
  ADARES_ASSIGN_OR_RETURN(init.value, ParseNumber(text));
  return init;
}

std::string FormatSkipInitOverride(const std::optional<SkipInit>& init) {
  return init ? FormatSkipInit(*init) : std::string(kInherit);
}

absl::StatusOr<std::optional<SkipInit>> ParseSkipInitOverride(std::string_view text) {
  if (text == kInherit) return std::optional<SkipInit>();
  std::optional<SkipInit> init;
  ADARES_ASSIGN_OR_RETURN(init, ParseSkipInit(text));
  return init;
}

}  // namespace adares
