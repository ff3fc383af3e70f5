#include "core/schedule.h"

namespace adares {

std::string_view Name(TrialOrder order) {
  return order == TrialOrder::kSeedMajor ? "seed-major" : "variant-major";
}

std::optional<TrialOrder> ParseTrialOrder(std::string_view name) {
  for (const TrialOrder order : {TrialOrder::kSeedMajor, TrialOrder::kVariantMajor}) {
    if (Name(order) == name) return order;
  }
  return std::nullopt;
}

}  // namespace adares
