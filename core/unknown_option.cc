#include "core/unknown_option.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/near_miss.h"

namespace adares {

std::optional<std::string> UnknownOption(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& known) {
  for (const std::string& argument : arguments) {
    if (!argument.starts_with('-') || argument == "-" || argument == "--") continue;
    const std::string name = argument.substr(0, argument.find('='));
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const auto nearest = NearMiss(name, known);
    return absl::StrCat("there is no option ", name,
                        nearest ? absl::StrCat("; did you mean ", *nearest, "?") : "");
  }
  return std::nullopt;
}

}  // namespace adares
