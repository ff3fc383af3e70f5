// The columns of `adares sweep list` and the fields of `adares sweep show`.
#include "client/sweep_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/sweep_snapshot.h"
#include "client/words.h"
#include "core/number_text.h"

namespace adares::client {
namespace {

std::string Pairs(const google::protobuf::Map<std::string, std::string>& map) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : map) pairs.push_back(absl::StrCat(key, "=", value));
  std::sort(pairs.begin(), pairs.end());
  return absl::StrJoin(pairs, ", ");
}

std::string Seeds(const v1::Sweep& sweep) { return absl::StrJoin(sweep.seeds(), ", "); }

std::string StopText(const v1::StopRule& rule) {
  std::string text =
      absl::StrCat("stops early with ", rule.metric(),
                   rule.has_above() ? absl::StrCat(" above ", FormatNumber(rule.above()))
                                    : absl::StrCat(" below ", FormatNumber(rule.below())));
  if (rule.after_epoch() > 0) absl::StrAppend(&text, " from epoch ", rule.after_epoch(), " on");
  return text;
}

// What its file says of how its trials are handed out and stopped.
std::string ScheduleText(const v1::Schedule& schedule) {
  constexpr int64_t kMebibyte = 1 << 20;
  std::vector<std::string> parts;
  if (schedule.max_parallel() > 0) {
    parts.push_back(absl::StrCat("at most ", schedule.max_parallel(), " at a time"));
  }
  if (schedule.order() == v1::Schedule::ORDER_VARIANT_MAJOR) parts.push_back("variant by variant");
  if (schedule.has_timeout()) {
    parts.push_back(absl::StrCat("attempts up to ", schedule.timeout().seconds(), " s"));
  }
  if (!schedule.device().empty()) parts.push_back(absl::StrCat("on ", schedule.device()));
  if (schedule.memory_bytes() > 0) {
    parts.push_back(absl::StrCat("with ", schedule.memory_bytes() / kMebibyte, " MiB"));
  }
  if (!schedule.worker_labels().empty()) {
    parts.push_back(absl::StrCat("on workers with ", Pairs(schedule.worker_labels())));
  }
  for (const auto& [reason, budget] : schedule.retries()) {
    parts.push_back(
        absl::StrCat("after ", reason, " ", budget, budget == 1 ? " retry" : " retries"));
  }
  if (schedule.has_stop()) parts.push_back(StopText(schedule.stop()));
  if (!schedule.unreadable().empty()) {
    parts.push_back(absl::StrCat("a part cannot be read: ", schedule.unreadable()));
  }
  return absl::StrJoin(parts, "; ");
}

std::string Age(const v1::Sweep& sweep, Timestamp now) {
  return sweep.has_create_time() ? ShowDuration(now - TimeOf(sweep.create_time())) : "-";
}

// Marks a sweep with trials that cannot run as the fleet is; `sweep show` says why.
Cell StateCell(const v1::Sweep& sweep) {
  if (sweep.pending().empty()) return {StateWord(sweep.state()), ToneOf(sweep.state())};
  return {absl::StrCat(StateWord(sweep.state()), ", held up"), Tone::kBad};
}

}  // namespace

std::string PendingText(const v1::PendingReason& pending) {
  return absl::StrCat(Plural(pending.trials(), "trial"), ": ", pending.reason());
}

Tone ToneOf(v1::Sweep::State state) {
  switch (state) {
    case v1::Sweep::STATE_SUCCEEDED:
      return Tone::kGood;
    case v1::Sweep::STATE_FAILED:
      return Tone::kBad;
    case v1::Sweep::STATE_RUNNING:
      return Tone::kActive;
    default:
      return Tone::kPlain;
  }
}

Table SweepTable(const std::vector<v1::Sweep>& sweeps, Timestamp now) {
  Table table;
  table.columns = {{"NAME", false},  {"STATE", false},  {"DONE", true},
                   {"FAILED", true}, {"RUNNING", true}, {"AGE", true}};
  for (const v1::Sweep& sweep : sweeps) {
    table.rows.push_back({ShortName(sweep.name()), StateCell(sweep),
                          absl::StrCat(DoneCount(sweep), "/", TrialCount(sweep)),
                          absl::StrCat(sweep.trial_counts().failed()),
                          absl::StrCat(sweep.trial_counts().running()), Age(sweep, now)});
  }
  return table;
}

std::vector<CsvRow> SweepCsv(const std::vector<v1::Sweep>& sweeps) {
  std::vector<CsvRow> rows = {{"name",        "title",    "state",         "priority",
                               "variants",    "seeds",    "trials",        "queued",
                               "running",     "stopping", "succeeded",     "failed",
                               "cancelled",   "metric",   "create_time",   "finish_time",
                               "spec_digest", "paused",   "stopped_early", "max_parallel"}};
  for (const v1::Sweep& sweep : sweeps) {
    const v1::TrialCounts& counts = sweep.trial_counts();
    rows.push_back({ShortName(sweep.name()),
                    sweep.title(),
                    StateWord(sweep.state()),
                    absl::StrCat(sweep.priority()),
                    absl::StrCat(sweep.variant_count()),
                    absl::StrCat(sweep.seeds_size()),
                    absl::StrCat(TrialCount(sweep)),
                    absl::StrCat(counts.queued()),
                    absl::StrCat(counts.running()),
                    absl::StrCat(counts.stopping()),
                    absl::StrCat(counts.succeeded()),
                    absl::StrCat(counts.failed()),
                    absl::StrCat(counts.cancelled()),
                    sweep.objective().metric(),
                    IsoOrEmpty(sweep.has_create_time(), sweep.create_time()),
                    IsoOrEmpty(sweep.has_finish_time(), sweep.finish_time()),
                    sweep.spec_digest(),
                    absl::StrCat(counts.paused()),
                    absl::StrCat(counts.stopped_early()),
                    absl::StrCat(sweep.schedule().max_parallel())});
  }
  return rows;
}

std::string SweepDetails(const v1::Sweep& sweep, Timestamp now, bool color) {
  std::vector<std::pair<std::string, Cell>> fields = {
      {"Name", ShortName(sweep.name())},
      {"Title", sweep.title()},
      {"State", {StateWord(sweep.state()), ToneOf(sweep.state())}},
      {"Trials", absl::StrCat(DoneCount(sweep), " of ", TrialCount(sweep),
                              " done: ", CountsText(sweep.trial_counts()))},
      {"Variants", absl::StrCat(sweep.variant_count())},
      {"Seeds", Seeds(sweep)},
      {"Baseline", Pairs(sweep.baseline())},
      {"Objective",
       absl::StrCat(sweep.objective().metric(), ", ", GoalWord(sweep.objective().goal()))},
      {"Priority", absl::StrCat(sweep.priority())},
      {"Schedule", ScheduleText(sweep.schedule())},
      {"Labels", Pairs(sweep.labels())},
      {"Created", sweep.has_create_time() ? absl::StrCat(IsoTime(TimeOf(sweep.create_time())), " (",
                                                         Age(sweep, now), " ago)")
                                          : ""}};
  if (sweep.has_finish_time()) {
    const Timestamp finished = TimeOf(sweep.finish_time());
    fields.push_back(
        {"Finished", absl::StrCat(IsoTime(finished), " (after ",
                                  ShowDuration(finished - TimeOf(sweep.create_time())), ")")});
  }
  fields.push_back({"Digest", sweep.spec_digest()});
  for (const v1::PendingReason& pending : sweep.pending()) {
    fields.push_back({"Waiting", {PendingText(pending), Tone::kBad}});
  }
  std::string text = RenderFields(fields, color);
  if (sweep.axes_size() == 0) return text;
  Table axes;
  axes.columns = {{"AXIS", false}, {"PATH", false}, {"VALUES", false}};
  for (const v1::Axis& axis : sweep.axes()) {
    axes.rows.push_back({axis.name(), axis.path(), absl::StrJoin(axis.values(), ", ")});
  }
  return text + "\n" + RenderTable(axes, color);
}

}  // namespace adares::client
