#include "core/axis_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"

namespace adares {
namespace {

constexpr size_t kShownSeeds = 10;

absl::Status Unknown(std::string_view field, std::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid, message,
                   {{"field", std::string(field)}});
}

std::string MeantAxis(const std::string& name, const std::vector<Axis>& axes) {
  if (axes.empty()) return "; it has none";
  std::vector<std::string> names;
  for (const Axis& axis : axes) names.push_back(axis.name);
  return DidYouMean(name, names);
}

}  // namespace

absl::Status CheckAxisValues(const std::vector<Axis>& axes,
                             const std::map<std::string, std::string>& wanted,
                             std::string_view field) {
  for (const auto& entry : wanted) {
    const std::string& name = entry.first;
    const std::string& value = entry.second;
    const auto axis = std::find_if(axes.begin(), axes.end(),
                                   [&name](const Axis& known) { return known.name == name; });
    if (axis == axes.end()) {
      return Unknown(field,
                     absl::StrCat("the sweep has no axis ", Quoted(name), MeantAxis(name, axes)));
    }
    if (std::find(axis->values.begin(), axis->values.end(), value) == axis->values.end()) {
      return Unknown(field, absl::StrCat("the axis ", name, " has no value ", Quoted(value),
                                         DidYouMean(value, axis->values)));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSeeds(const std::vector<int64_t>& seeds, const std::vector<int64_t>& wanted,
                        std::string_view field) {
  for (const int64_t seed : wanted) {
    if (std::find(seeds.begin(), seeds.end(), seed) != seeds.end()) continue;
    const auto shown = static_cast<ptrdiff_t>(std::min(seeds.size(), kShownSeeds));
    return Unknown(field, absl::StrCat("the sweep has no seed ", seed, "; it has ",
                                       absl::StrJoin(seeds.begin(), seeds.begin() + shown, ", "),
                                       seeds.size() > kShownSeeds ? ", ..." : ""));
  }
  return absl::OkStatus();
}

}  // namespace adares
