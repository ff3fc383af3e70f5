// Reading and writing initial values.
#include "core/skip_init_text.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/number_form.h"
#include "core/number_text.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr NumberForm kNormal = {"normal", 2, "normal(0, 0.05)"};
constexpr NumberForm kUniform = {"uniform", 2, "uniform(0, 1)"};
constexpr NumberForm kRootDepth = {"root-depth", 1, "root-depth(1)"};
constexpr NumberForm kDecay = {"decay", 1, "decay(0.5)"};
constexpr NumberForm kDepthPower = {"depth-power", 2, "depth-power(2, 0.25)"};
constexpr NumberForm kMatchRms = {"match-rms", 2, "match-rms(1)", 1};
constexpr NumberForm kAdmin = {"admin", 1, "admin(1)"};
constexpr double kMostBatches = 32;  // their activations are in memory together
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
  return SkipInit{kind, arguments[0], 0, 0};
}

absl::StatusOr<SkipInit> ParseDepthPower(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kDepthPower, text));
  if (arguments[0] <= 0) return absl::InvalidArgumentError("has a factor that is not > 0");
  if (arguments[1] == 0) {
    return absl::InvalidArgumentError("is 1 for every depth; write 1, or another power");
  }
  return SkipInit{SkipInit::Kind::kDepthPower, arguments[0], 0, 0, arguments[1]};
}

// A count of batches that are measured.
absl::StatusOr<int64_t> ToBatches(double value) {
  if (value < 1 || value > kMostBatches || value != std::floor(value)) {
    return absl::InvalidArgumentError(
        absl::StrCat("has a number of batches that is no integer from 1 to ", kMostBatches));
  }
  return static_cast<int64_t>(value);
}

absl::StatusOr<SkipInit> ParseMatchRms(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kMatchRms, text));
  if (arguments[0] <= 0) return absl::InvalidArgumentError("has a ratio that is not > 0");
  SkipInit init{SkipInit::Kind::kMatchRms, arguments[0], 0, 0};
  if (arguments.size() > 1) {
    ADARES_ASSIGN_OR_RETURN(init.batches, ToBatches(arguments[1]));
  }
  return init;
}

absl::StatusOr<SkipInit> ParseAdmin(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kAdmin, text));
  SkipInit init{SkipInit::Kind::kAdmin, 1, 0, 0};
  ADARES_ASSIGN_OR_RETURN(init.batches, ToBatches(arguments[0]));
  return init;
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
    case SkipInit::Kind::kDepthPower:
      return FormatForm(kDepthPower, {init.value, init.power});
    case SkipInit::Kind::kMatchRms:
      if (init.batches == 1) return FormatForm(kMatchRms, {init.value});
      return FormatForm(kMatchRms, {init.value, static_cast<double>(init.batches)});
    case SkipInit::Kind::kAdmin:
      return FormatForm(kAdmin, {static_cast<double>(init.batches)});
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
  if (StartsForm(kDepthPower, text)) return ParseDepthPower(text);
  if (StartsForm(kMatchRms, text)) return ParseMatchRms(text);
  if (StartsForm(kAdmin, text)) return ParseAdmin(text);
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
