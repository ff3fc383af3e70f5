// The main thread waits for signals and for what the watching thread reads.
#include "client/follow_sweep.h"

#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/sweep_view.h"
#include "client/sweep_watch.h"
#include "client/words.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

using std::chrono::milliseconds;

// The clock on the screen goes on while nothing happens.
constexpr milliseconds kTick{1000};
constexpr milliseconds kForever{-1};

class Follower {
 public:
  Follower(const FollowParts& parts, const std::string& sweep)
      : parts_(parts), watch_(parts.connection, sweep) {}

  absl::StatusOr<SweepSnapshot> Run() {
    while (!ended_) {
      const auto seen =
          parts_.signals.Wait(parts_.display.is_live() ? kTick : kForever, watch_.fd());
      if (seen.interrupt) return absl::CancelledError("interrupted");
      if (seen.child) ADARES_RETURN_IF_ERROR(parts_.check());
      ADARES_RETURN_IF_ERROR(TakeEvents());
    }
    return std::move(snapshot_);
  }

 private:
  // Shows each event by itself, so that counts and notes stand beside what they belong to.
  absl::Status TakeEvents() {
    const Timestamp now = SystemNow();
    const std::vector<WatchEvent> events = watch_.Take();
    for (const WatchEvent& event : events) {
      switch (event.kind) {
        case WatchEvent::Kind::kUpdate:
          Reached();
          TellBeginning(event.response.sweep());
          Show(Apply(event.response, now, &snapshot_), now);
          TellPending();
          TellPaused();
          ADARES_RETURN_IF_ERROR(parts_.look(snapshot_.sweep));
          break;
        case WatchEvent::Kind::kLost:
          Lost();
          break;
        case WatchEvent::Kind::kEnded:
          ended_ = true;
          return event.status;
      }
    }
    if (events.empty()) Show({}, now);
    return absl::OkStatus();
  }

  void Show(const std::vector<TrialChange>& changes, Timestamp now) {
    if (!snapshot_.sweep.name().empty()) parts_.display.Update(snapshot_, changes, now);
  }

  // Once, with the first message. How a sweep ended says whoever has it followed.
  void TellBeginning(const v1::Sweep& sweep) {
    const bool is_first = snapshot_.sweep.name().empty();
    if (!is_first || !parts_.tells_beginning || parts_.display.is_live() || IsFinal(sweep)) return;
    parts_.display.Note(DescribeSweep(sweep));
  }

  // Says what would end the waiting for a person; again when it has come to that again.
  void TellPaused() {
    const v1::Sweep& sweep = snapshot_.sweep;
    const bool is_paused = sweep.state() == v1::Sweep::STATE_PAUSED;
    // Nobody else reaches the coordinator of `adares run`, which resumes everything first.
    if (is_paused && !told_paused_ && !parts_.brings_worker) {
      const int32_t paused = sweep.trial_counts().paused();
      parts_.display.Note(absl::StrCat("waiting: ", Plural(paused, "trial"),
                                       paused == 1 ? " is" : " are",
                                       " paused; adares sweep resume ", ShortName(sweep.name()),
                                       " lets ", paused == 1 ? "it" : "them", " go on"));
    }
    told_paused_ = is_paused;
  }

  // Says once why trials wait that nothing could run; again when it is another reason.
  void TellPending() {
    std::set<std::string> reasons;
    for (const v1::PendingReason& pending : snapshot_.sweep.pending()) {
      if (parts_.brings_worker && pending.cause() == v1::PendingReason::CAUSE_NO_WORKER) continue;
      reasons.insert(pending.reason());
      if (told_pending_.contains(pending.reason())) continue;
      parts_.display.Note(absl::StrCat("waiting: ", PendingText(pending)));
    }
    told_pending_ = std::move(reasons);
  }

  void Lost() {
    if (!is_lost_) {
      parts_.display.Note(absl::StrCat("the connection to ", parts_.connection.address(),
                                       " is lost; trying again"));
    }
    is_lost_ = true;
  }

  void Reached() {
    if (is_lost_) parts_.display.Note("the connection is back");
    is_lost_ = false;
  }

  const FollowParts& parts_;
  SweepWatch watch_;
  SweepSnapshot snapshot_;
  std::set<std::string> told_pending_;
  bool told_paused_ = false;
  bool ended_ = false;
  bool is_lost_ = false;
};

}  // namespace

absl::StatusOr<SweepSnapshot> FollowSweep(const FollowParts& parts, const std::string& sweep) {
  return Follower(parts, sweep).Run();
}

}  // namespace adares::client
