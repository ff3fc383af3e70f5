#include "server/offline/working_copy.h"

#include <chrono>

#include "core/status.h"
#include "rpc/convert_admin.h"
#include "server/store/database_check.h"
#include "server/store/database_copy.h"

namespace adares {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kProgressEvery{200};

CopyObserver TellCopying(const EventSink& sink) {
  CopyObserver observer;
  observer.progress = [&sink, last = SteadyClock::time_point()](int64_t done,
                                                                int64_t total) mutable {
    const SteadyClock::time_point now = SteadyClock::now();
    if (now - last < kProgressEvery) return;
    last = now;
    v1::OfflineEvent event;
    event.mutable_progress()->set_phase(v1::BackupProgress::PHASE_COPYING);
    event.mutable_progress()->set_done_bytes(done);
    event.mutable_progress()->set_total_bytes(total);
    sink(event);
  };
  return observer;
}

}  // namespace

// What stays is removed by the next one, or by the next start of a server.
WorkingCopy::~WorkingCopy() { RemoveDatabase(path_).IgnoreError(); }

absl::Status WorkingCopy::Make(const std::string& from, const std::string& what,
                               const EventSink& sink) {
  ADARES_RETURN_IF_ERROR(RemoveDatabase(path_));
  ADARES_RETURN_IF_ERROR(CheckRoom(folder_, SizeOfDatabase(from), what));
  TellStep(sink, "copying");
  return CopyDatabase(from, path_, TellCopying(sink));
}

absl::Status WorkingCopy::Check(const EventSink& sink) const {
  ADARES_RETURN_IF_ERROR(CheckStructure(path_));
  CheckObserver observer;
  observer.end = [&sink](const CheckResult& result) {
    v1::OfflineEvent event;
    *event.mutable_check()->mutable_result() = ToProto(result);
    sink(event);
  };
  TellStep(sink, "checking");
  return CheckDatabase(path_, CheckDepth::kAll, observer);
}

void TellStep(const EventSink& sink, const std::string& step) {
  v1::OfflineEvent event;
  event.set_step(step);
  sink(event);
}

}  // namespace adares
