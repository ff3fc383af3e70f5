#include "worker/agent/fit_texts.h"

#include <map>
#include <utility>

#include "core/report_limits.h"
#include "core/utf8.h"
#include "worker/agent/utf8.h"

namespace adares::worker {
namespace {

using Facts = std::map<std::string, std::string>;

Facts FitFacts(const Facts& facts) {
  Facts fit;
  for (const auto& [name, value] : facts) {
    if (fit.size() == kMaxFacts) break;
    fit[FitText(name, kMaxNameBytes)] = FitText(value, kMaxMessageTextBytes);
  }
  return fit;
}

}  // namespace

std::string FitText(std::string_view text, size_t limit) {
  const std::string valid = ReplaceInvalidUtf8(text);
  return std::string(Utf8Prefix(valid, limit));
}

AttemptStart Fit(AttemptStart start) {
  start.provenance = FitFacts(start.provenance);
  return start;
}

AttemptEnd Fit(AttemptEnd end) {
  end.message = FitText(end.message, kMaxMessageTextBytes);
  end.digests = FitFacts(end.digests);
  return end;
}

}  // namespace adares::worker
