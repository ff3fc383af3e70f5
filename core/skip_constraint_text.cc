// Reading and writing constraints.
#include "core/skip_constraint_text.h"

#include <vector>

#include "core/number_form.h"
#include "core/status.h"

namespace adares {
namespace {

using Kind = SkipConstraint::Kind;

constexpr std::string_view kNone = "none";
constexpr std::string_view kSoftplus = "softplus";
constexpr NumberForm kSigmoid = {"sigmoid", 1, "sigmoid(1)"};
constexpr NumberForm kTanh = {"tanh", 1, "tanh(1)"};
constexpr NumberForm kClamp = {"clamp", 2, "clamp(0, 1)"};

absl::StatusOr<SkipConstraint> ParseScaled(Kind kind, const NumberForm& form,
                                           std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(form, text));
  if (arguments[0] <= 0) return absl::InvalidArgumentError("has a bound that is not > 0");
  return SkipConstraint{kind, 0, arguments[0]};
}

absl::StatusOr<SkipConstraint> ParseClamp(std::string_view text) {
  std::vector<double> arguments;
  ADARES_ASSIGN_OR_RETURN(arguments, ParseForm(kClamp, text));
  if (arguments[0] >= arguments[1]) {
    return absl::InvalidArgumentError("has an upper end that is not above the lower one");
  }
  return SkipConstraint{Kind::kClamp, arguments[0], arguments[1]};
}

}  // namespace

std::string FormatSkipConstraint(const SkipConstraint& constraint) {
  switch (constraint.kind) {
    case Kind::kSigmoid:
      return FormatForm(kSigmoid, {constraint.high});
    case Kind::kTanh:
      return FormatForm(kTanh, {constraint.high});
    case Kind::kSoftplus:
      return std::string(kSoftplus);
    case Kind::kClamp:
      return FormatForm(kClamp, {constraint.low, constraint.high});
    case Kind::kNone:
      break;
  }
  return std::string(kNone);
}

absl::StatusOr<SkipConstraint> ParseSkipConstraint(std::string_view text) {
  if (text == kNone) return SkipConstraint{};
  if (text == kSoftplus) return SkipConstraint{Kind::kSoftplus, 0, 0};
  if (StartsForm(kSigmoid, text)) return ParseScaled(Kind::kSigmoid, kSigmoid, text);
  if (StartsForm(kTanh, text)) return ParseScaled(Kind::kTanh, kTanh, text);
  if (StartsForm(kClamp, text)) return ParseClamp(text);
  return absl::InvalidArgumentError("is none of them");
}

}  // namespace adares
