// Reading and writing words with numbers in parentheses.
#include "core/number_form.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {
namespace {

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

absl::Status OtherForm(const NumberForm& form) {
  return absl::InvalidArgumentError(
      absl::StrCat("is no such form; write ", std::string(form.example)));
}

}  // namespace

bool StartsForm(const NumberForm& form, std::string_view text) {
  return text.starts_with(form.word);
}

absl::StatusOr<std::vector<double>> ParseForm(const NumberForm& form, std::string_view text) {
  std::string_view rest = Trim(text.substr(form.word.size()));
  if (!rest.starts_with('(')) return OtherForm(form);
  if (!rest.ends_with(')')) {
    return absl::InvalidArgumentError(
        absl::StrCat("lacks its closing parenthesis; inside { } and [ ] it needs quotes: ",
                     Quoted(form.example)));
  }
  rest = rest.substr(1, rest.size() - 2);
  std::vector<double> arguments;
  while (arguments.size() + 1 < form.arguments) {
    const size_t comma = rest.find(',');
    if (comma == std::string_view::npos) break;
    ADARES_ASSIGN_OR_RETURN(arguments.emplace_back(), ParseArgument(Trim(rest.substr(0, comma))));
    rest = rest.substr(comma + 1);
  }
  if (arguments.size() + 1 + form.optional < form.arguments) return OtherForm(form);
  ADARES_ASSIGN_OR_RETURN(arguments.emplace_back(), ParseArgument(Trim(rest)));
  return arguments;
}

std::string FormatForm(const NumberForm& form, std::initializer_list<double> arguments) {
  const auto append = [](std::string* out, double value) { *out += FormatNumber(value); };
  return absl::StrCat(std::string(form.word), "(", absl::StrJoin(arguments, ", ", append), ")");
}

}  // namespace adares
