// Reading and writing "normal(mean, sd)".
#include "core/skip_init_text.h"

#include "absl/strings/str_cat.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr std::string_view kNormal = "normal";

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

absl::StatusOr<double> ParseArgument(std::string_view text) {
  const absl::StatusOr<double> value = ParseNumber(text);
  if (value.ok()) return value;
  return absl::InvalidArgumentError(absl::StrCat("is no such form, as ", Quoted(text), " ",
                                                 std::string(value.status().message())));
}

// The arguments behind "normal", parentheses included.
absl::StatusOr<SkipInit> ParseNormal(std::string_view arguments) {
  if (arguments.starts_with('(') && !arguments.ends_with(')')) {
    return absl::InvalidArgumentError(
        "lacks its closing parenthesis; inside { } and [ ] it needs quotes: \"normal(0, 0.05)\"");
  }
  const size_t comma = arguments.find(',');
  if (!arguments.starts_with('(') || comma == std::string_view::npos) {
    return absl::InvalidArgumentError("is no such form; write normal(0, 0.05)");
  }
  SkipInit init;
  init.kind = SkipInit::Kind::kNormal;
  ADARES_ASSIGN_OR_RETURN(init.value, ParseArgument(Trim(arguments.substr(1, comma - 1))));
  const std::string_view sd = arguments.substr(comma + 1, arguments.size() - comma - 2);
  ADARES_ASSIGN_OR_RETURN(init.sd, ParseArgument(Trim(sd)));
  if (init.sd <= 0) {
    return absl::InvalidArgumentError("has a standard deviation that is not > 0");
  }
  return init;
}

}  // namespace

std::string FormatSkipInit(const SkipInit& init) {
  if (init.kind == SkipInit::Kind::kConstant) return FormatNumber(init.value);
  return absl::StrCat("normal(", FormatNumber(init.value), ", ", FormatNumber(init.sd), ")");
}

absl::StatusOr<SkipInit> ParseSkipInit(std::string_view text) {
  if (text.starts_with(kNormal)) return ParseNormal(Trim(text.substr(kNormal.size())));
  SkipInit init;
  ADARES_ASSIGN_OR_RETURN(init.value, ParseNumber(text));
  return init;
}

}  // namespace adares
