// Flags to messages and, checked, back.
#include <string>

#include "absl/strings/str_cat.h"
#include "rpc/convert.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

v1::Flag::Kind ToProto(FlagKind kind) {
  switch (kind) {
    case FlagKind::kSaturated:
      return v1::Flag::KIND_SATURATED;
    case FlagKind::kClosed:
      return v1::Flag::KIND_CLOSED;
    case FlagKind::kBranchDead:
      return v1::Flag::KIND_BRANCH_DEAD;
    case FlagKind::kDrifting:
      return v1::Flag::KIND_DRIFTING;
    case FlagKind::kDiverging:
      return v1::Flag::KIND_DIVERGING;
  }
  return v1::Flag::KIND_UNSPECIFIED;
}

absl::StatusOr<FlagKind> KindOf(v1::Flag::Kind kind) {
  for (const FlagKind candidate : kFlagKinds) {
    if (ToProto(candidate) == kind) return candidate;
  }
  return InvalidField("flag.kind", absl::StrCat(static_cast<int>(kind), " is no kind of flag"));
}

}  // namespace

v1::Flag ToProto(const Flag& flag) {
  v1::Flag message;
  message.set_kind(ToProto(flag.kind));
  message.set_site(flag.site);
  message.set_step(flag.step);
  message.set_epoch(flag.epoch);
  message.set_raised(flag.raised);
  message.set_message(flag.message);
  return message;
}

absl::StatusOr<Flag> FromProto(const v1::Flag& message) {
  Flag flag;
  ADARES_ASSIGN_OR_RETURN(flag.kind, KindOf(message.kind()));
  if (!message.site().empty() && !IsSiteName(message.site())) {
    return InvalidField("flag.site", absl::StrCat("\"", message.site(), "\" is not a site"));
  }
  ADARES_RETURN_IF_ERROR(CheckStep("flag", message.step(), message.epoch()));
  if (message.message().size() > kMaxFlagMessageBytes) {
    return InvalidField("flag.message",
                        absl::StrCat("longer than ", kMaxFlagMessageBytes, " bytes"));
  }
  flag.site = message.site();
  flag.step = message.step();
  flag.epoch = message.epoch();
  flag.raised = message.raised();
  flag.message = message.message();
  return flag;
}

}  // namespace adares
