// Lines give up parts as the terminal gets narrower: the bar first, then the speed, then the
// accuracy; the label is cut last.
#include "client/progress_view.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "client/flag_view.h"
#include "client/number_format.h"
#include "client/resource_argument.h"
#include "client/table.h"
#include "client/text_width.h"
#include "client/words.h"
#include "core/measurement.h"

namespace adares::client {
namespace {

constexpr int kLongestBar = 20;
constexpr int kShortestBar = 6;
constexpr int kShortestLabel = 12;

std::optional<double> Metric(const v1::Trial& trial, const std::string& key) {
  const auto entry = trial.last_metrics().find(key);
  if (entry == trial.last_metrics().end()) return std::nullopt;
  return entry->second;
}

double Share(const v1::Progress& progress) {
  if (progress.total_steps() <= 0) return 0;
  const double share =
      static_cast<double>(progress.step()) / static_cast<double>(progress.total_steps());
  return std::clamp(share, 0.0, 1.0);
}

std::string Bar(double share, int width, bool unicode) {
  const auto full = static_cast<int>(std::floor(share * width));
  std::string bar;
  for (int i = 0; i < width; ++i) {
    const bool is_full = i < full;
    bar += unicode ? (is_full ? "━" : "·") : (is_full ? "#" : ".");
  }
  return bar;
}

// The parts of a trial's line in columns of their own.
struct TrialLine {
  std::string label;
  std::string epoch;
  std::string percent;
  std::string accuracy;
  std::string speed;
  double share = 0;
};

TrialLine Describe(const v1::Trial& trial) {
  TrialLine line;
  const v1::Progress& progress = trial.progress();
  line.label = OneLine(TrialLabel(trial));
  line.share = Share(progress);
  if (progress.total_epochs() > 0) {
    // The epoch in progress, not those done: people count what they see.
    const int64_t current = std::min(progress.epoch() + 1, progress.total_epochs());
    line.epoch = absl::StrCat("epoch ", current, "/", progress.total_epochs());
    line.percent = absl::StrCat(static_cast<int>(line.share * 100), "%");
  } else {
    line.epoch = "starting";
  }
  if (const auto accuracy = Metric(trial, metric::kValidationAccuracy)) {
    line.accuracy = "val " + ShowNumber(*accuracy);
  }
  if (progress.images_per_second() > 0) {
    line.speed = absl::StrCat(std::llround(progress.images_per_second()), " img/s");
  }
  return line;
}

// How wide each part is over all lines; 0 leaves it out.
struct Layout {
  int label = 0;
  int epoch = 0;
  int percent = 0;
  int accuracy = 0;
  int speed = 0;
  int bar = 0;
};

int Used(const Layout& layout) {
  int used = 2;  // the indent
  for (const int part :
       {layout.label, layout.epoch, layout.percent, layout.accuracy, layout.speed, layout.bar}) {
    if (part > 0) used += part + 2;
  }
  return used - 2;
}

Layout Arrange(const std::vector<TrialLine>& lines, int columns) {
  Layout layout;
  for (const TrialLine& line : lines) {
    layout.label = std::max(layout.label, TextWidth(line.label));
    layout.epoch = std::max(layout.epoch, TextWidth(line.epoch));
    layout.percent = std::max(layout.percent, TextWidth(line.percent));
    layout.accuracy = std::max(layout.accuracy, TextWidth(line.accuracy));
    layout.speed = std::max(layout.speed, TextWidth(line.speed));
  }
  const int room_for_bar = columns - Used(layout) - 2;
  if (room_for_bar >= kShortestBar) layout.bar = std::min(kLongestBar, room_for_bar);
  if (Used(layout) > columns) layout.speed = 0;
  if (Used(layout) > columns) layout.accuracy = 0;
  if (Used(layout) > columns) {
    layout.label = std::max(kShortestLabel, layout.label - (Used(layout) - columns));
  }
  return layout;
}

std::string RenderLine(const TrialLine& line, const Layout& layout, const FrameStyle& style) {
  std::string text = "  " + PadRight(CutToWidth(line.label, layout.label), layout.label);
  text += "  " + PadRight(line.epoch, layout.epoch);
  if (layout.bar > 0) text += "  " + Bar(line.share, layout.bar, style.unicode);
  if (layout.percent > 0) text += "  " + PadLeft(line.percent, layout.percent);
  if (layout.accuracy > 0) text += "  " + PadRight(line.accuracy, layout.accuracy);
  if (layout.speed > 0) text += "  " + PadLeft(line.speed, layout.speed);
  text.erase(text.find_last_not_of(' ') + 1);
  return CutToWidth(text, style.columns);
}

// ", 1 failed, 2 running", without those that a number of trials done tells.
std::string OtherCounts(const v1::Sweep& sweep) {
  v1::TrialCounts counts = sweep.trial_counts();
  counts.clear_succeeded();
  const std::string text = CountsText(counts);
  return text.empty() ? "" : ", " + text;
}

bool HasStarted(const SweepSnapshot& snapshot) {
  const v1::TrialCounts& counts = snapshot.sweep.trial_counts();
  return counts.succeeded() + counts.failed() > 0 ||
         std::any_of(snapshot.trials.begin(), snapshot.trials.end(),
                     [](const auto& entry) { return entry.second.trial.attempt_count() > 0; });
}

std::string Header(const SweepSnapshot& snapshot, const FrameTimes& times,
                   const FrameStyle& style) {
  const v1::Sweep& sweep = snapshot.sweep;
  std::string text =
      absl::StrCat(ShortName(sweep.name()), "  ", DoneCount(sweep), "/", TrialCount(sweep), " done",
                   OtherCounts(sweep), "  ", ShowDuration(times.elapsed));
  if (times.left && *times.left >= std::chrono::seconds(1)) {
    absl::StrAppend(&text, ", about ", ShowDuration(*times.left), " left");
  }
  if (sweep.trial_counts().running() == 0 && sweep.trial_counts().queued() > 0) {
    text += HasStarted(snapshot) ? ", waiting for a worker" : ", no worker yet";
  }
  return Paint(CutToWidth(text, style.columns), Tone::kStrong, style.color);
}

// Those that run longest first, so that lines keep their places.
std::vector<const v1::Trial*> RunningByStart(const SweepSnapshot& snapshot) {
  std::vector<const v1::Trial*> running;
  for (const auto& [name, watched] : snapshot.trials) {
    if (watched.trial.state() == v1::Trial::STATE_RUNNING) running.push_back(&watched.trial);
  }
  const auto key = [](const v1::Trial* trial) {
    return std::make_tuple(trial->start_time().seconds(), trial->start_time().nanos(),
                           std::string_view(trial->name()));
  };
  std::sort(running.begin(), running.end(),
            [&key](const auto* a, const auto* b) { return key(a) < key(b); });
  return running;
}

std::string Outcome(const TrialChange& change, const v1::Sweep& sweep) {
  const v1::Trial& trial = change.trial;
  std::string text = "succeeded";
  const double seconds =
      static_cast<double>(trial.finish_time().seconds() - trial.start_time().seconds());
  if (trial.attempt_count() == 1) {
    absl::StrAppend(&text, " in ",
                    ShowDuration(std::chrono::seconds(static_cast<int64_t>(seconds))));
  }
  if (const auto value = Metric(trial, sweep.objective().metric())) {
    absl::StrAppend(&text, ", ", sweep.objective().metric(), " ", ShowNumber(*value));
  }
  return text;
}

std::string EpochText(const v1::Trial& trial) {
  std::string text = absl::StrCat("epoch ", trial.progress().epoch());
  if (trial.progress().total_epochs() > 0) {
    absl::StrAppend(&text, "/", trial.progress().total_epochs());
  }
  text += " done";
  if (const auto accuracy = Metric(trial, metric::kValidationAccuracy)) {
    absl::StrAppend(&text, ", validation accuracy ", ShowNumber(*accuracy));
  }
  if (const auto speed = Metric(trial, metric::kImagesPerSecond)) {
    absl::StrAppend(&text, ", ", std::llround(*speed), " images/s");
  }
  return text;
}

std::string StartText(const v1::Trial& trial) {
  std::string text = "started";
  if (!trial.worker().empty()) {
    absl::StrAppend(&text, " on ", ShortName(trial.worker()));
  }
  if (trial.attempt_count() > 1) absl::StrAppend(&text, ", attempt ", trial.attempt_count());
  return text;
}

std::string WithReason(std::string text, const v1::Trial& trial) {
  if (!trial.message().empty()) absl::StrAppend(&text, ": ", OneLine(trial.message()));
  return text;
}

std::string ChangeText(const TrialChange& change, const v1::Sweep& sweep) {
  switch (change.kind) {
    case TrialChange::Kind::kStarted:
      return StartText(change.trial);
    case TrialChange::Kind::kEpoch:
      return EpochText(change.trial);
    case TrialChange::Kind::kFlagged:
      return FlagText(change.flags);
    case TrialChange::Kind::kRequeued:
      return WithReason("waits for another attempt", change.trial);
    case TrialChange::Kind::kPaused:
      return "paused";
    case TrialChange::Kind::kSucceeded:
      return Outcome(change, sweep);
    case TrialChange::Kind::kFailed:
      return WithReason("failed", change.trial);
    case TrialChange::Kind::kCancelled:
      return "cancelled";
    case TrialChange::Kind::kStoppedEarly:
      return "stopped early";
  }
  return "";
}

}  // namespace

std::vector<std::string> RenderFrame(const SweepSnapshot& snapshot, const FrameTimes& times,
                                     const FrameStyle& style) {
  std::vector<TrialLine> running;
  for (const v1::Trial* trial : RunningByStart(snapshot)) running.push_back(Describe(*trial));
  std::vector<std::string> frame = {Header(snapshot, times, style)};
  // One row stays free for the cursor, one is the header.
  const auto room = static_cast<size_t>(std::max(1, style.rows - 2));
  const size_t hidden = running.size() > room ? running.size() - (room - 1) : 0;
  running.resize(running.size() - hidden);
  const Layout layout = Arrange(running, style.columns);
  for (const TrialLine& line : running) frame.push_back(RenderLine(line, layout, style));
  if (hidden > 0) {
    frame.push_back(CutToWidth(absl::StrCat("  and ", hidden, " more running"), style.columns));
  }
  return frame;
}

std::string DescribeChange(const TrialChange& change, const v1::Sweep& sweep) {
  return absl::StrCat("[", DoneCount(sweep), "/", TrialCount(sweep), "] ",
                      OneLine(TrialLabel(change.trial)), ": ", ChangeText(change, sweep));
}

std::string DescribeSweep(const v1::Sweep& sweep) {
  return absl::StrCat(ShortName(sweep.name()), ": ", StateWord(sweep.state()), ", ",
                      DoneCount(sweep), " of ", Plural(TrialCount(sweep), "trial"), " done",
                      OtherCounts(sweep));
}

std::string TrialLabel(const v1::Trial& trial) {
  return absl::StrCat(trial.variant_label(), " seed ", trial.seed());
}

}  // namespace adares::client
