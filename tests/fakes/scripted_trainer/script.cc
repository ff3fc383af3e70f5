#include "tests/fakes/scripted_trainer/script.h"

#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace adares::fakes {
namespace {

absl::Status SetEnd(const std::string& value, Script& script) {
  static const std::map<std::string, Ending> kEndings{
      {"finished", Ending::kFinished}, {"diverged", Ending::kDiverged}, {"error", Ending::kError},
      {"stopped", Ending::kStopped},   {"crash", Ending::kCrash},       {"killed", Ending::kKilled},
      {"exit", Ending::kExit},         {"hang", Ending::kHang},         {"deaf", Ending::kDeaf},
      {"garbage", Ending::kGarbage},   {"endless", Ending::kEndless},   {"flood", Ending::kFlood},
      {"no-ready", Ending::kNoReady},  {"linger", Ending::kLinger},     {"memory", Ending::kMemory},
      {"mute", Ending::kMute},         {"heedless", Ending::kHeedless}};
  const std::vector<std::string> parts = absl::StrSplit(value, absl::MaxSplits(':', 1));
  const auto found = kEndings.find(parts[0]);
  if (found == kEndings.end()) return absl::InvalidArgumentError(absl::StrCat("end=", value));
  script.end = found->second;
  if (parts.size() == 2 && !absl::SimpleAtoi(parts[1], &script.end_number)) {
    return absl::InvalidArgumentError(absl::StrCat("end=", value));
  }
  return absl::OkStatus();
}

absl::Status Set(const std::string& key, const std::string& value, Script& script) {
  if (key == "end") return SetEnd(value, script);
  if (key == "then" && value == "leave") {
    script.then = Afterwards::kLeave;
    return absl::OkStatus();
  }
  int64_t number = 0;
  if (!absl::SimpleAtoi(value, &number) || number < 0) {
    return absl::InvalidArgumentError(absl::StrCat(key, "=", value));
  }
  const std::map<std::string, int64_t*> numbers{{"points_per_epoch", &script.points_per_epoch},
                                                {"delay_ms", &script.delay_ms},
                                                {"log_lines", &script.log_lines},
                                                {"flag_after", &script.flag_after},
                                                {"checkpoint_every", &script.checkpoint_every},
                                                {"gate_after", &script.gate_after}};
  if (key == "epochs") {
    script.epochs = number;
  } else if (key == "half_line") {
    script.half_line = number != 0;
  } else if (key == "attempt_points") {
    script.attempt_points = number != 0;
  } else if (const auto found = numbers.find(key); found != numbers.end()) {
    *found->second = number;
  } else {
    return absl::InvalidArgumentError(absl::StrCat("unknown key ", key));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Script> ParseScript(std::string_view text) {
  Script script;
  const std::vector<std::string> entries =
      absl::StrSplit(std::string(text), ',', absl::SkipEmpty());
  for (const std::string& entry : entries) {
    const std::vector<std::string> parts = absl::StrSplit(entry, absl::MaxSplits('=', 1));
    if (parts.size() != 2) return absl::InvalidArgumentError(absl::StrCat("no value: ", entry));
    const absl::Status set = Set(parts[0], parts[1], script);
    if (!set.ok()) return set;
  }
  return script;
}

}  // namespace adares::fakes
