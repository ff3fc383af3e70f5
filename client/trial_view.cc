// The columns of the trial commands.
#include "client/trial_view.h"

#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "client/failure_report.h"
#include "client/flag_view.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/words.h"
#include "core/measurement.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

std::string Newest(const v1::Trial& trial, const std::string& key, std::string (*format)(double),
                   const char* missing) {
  const auto entry = trial.last_metrics().find(key);
  return entry == trial.last_metrics().end() ? missing : format(entry->second);
}

// Progress is reported now and then; a trial that succeeded has done all of it.
v1::Progress ProgressOf(const v1::Trial& trial) {
  v1::Progress progress = trial.progress();
  if (trial.state() == v1::Trial::STATE_SUCCEEDED) {
    progress.set_step(progress.total_steps());
    progress.set_epoch(progress.total_epochs());
  }
  return progress;
}

std::string EpochText(const v1::Trial& trial) {
  const v1::Progress progress = ProgressOf(trial);
  if (progress.total_epochs() == 0) return "-";
  return absl::StrCat(progress.epoch(), "/", progress.total_epochs());
}

std::string StepText(const v1::Trial& trial) {
  const v1::Progress progress = ProgressOf(trial);
  if (progress.total_steps() == 0) return "-";
  return absl::StrCat(progress.step(), "/", progress.total_steps());
}

// How long it has been trained, or was, pauses and waits left out. Lists do not have the attempts:
// there it is all the time since the first one began.
std::string TimeText(const v1::Trial& trial, Timestamp now) {
  if (!trial.has_start_time()) return "-";
  const auto end_or_now = [now](bool has_ended, const google::protobuf::Timestamp& end) {
    return has_ended ? TimeOf(end) : now;
  };
  if (trial.attempts_size() == 0) {
    return ShowDuration(end_or_now(trial.has_finish_time(), trial.finish_time()) -
                        TimeOf(trial.start_time()));
  }
  Duration trained{0};
  for (const v1::Attempt& attempt : trial.attempts()) {
    trained +=
        end_or_now(attempt.has_end_time(), attempt.end_time()) - TimeOf(attempt.start_time());
  }
  return ShowDuration(trained);
}

std::string ValueText(double value) { return std::isnan(value) ? "-" : ShowNumber(value); }

std::string AttemptsText(const v1::Trial& trial, bool color) {
  if (trial.attempts_size() == 0) return "";
  Table table;
  table.columns = {{"ATTEMPT", true}, {"WORKER", false},    {"ENDED", false},   {"EXIT", true},
                   {"TIME", true},    {"PARAMETERS", true}, {"FROM STEP", true}};
  for (const v1::Attempt& attempt : trial.attempts()) {
    const bool has_ended = attempt.has_end_time();
    table.rows.push_back(
        {absl::StrCat(attempt.number()), ShortName(attempt.worker()),
         has_ended ? EndReasonWord(attempt.end_reason()) : "running",
         attempt.has_exit_code() ? absl::StrCat(attempt.exit_code()) : "-",
         has_ended ? ShowDuration(TimeOf(attempt.end_time()) - TimeOf(attempt.start_time())) : "-",
         attempt.parameters() > 0 ? absl::StrCat(attempt.parameters()) : "-",
         attempt.resumed_step() > 0 ? absl::StrCat(attempt.resumed_step()) : "-"});
  }
  return "\n" + RenderTable(table, color);
}

std::string NewestText(const v1::Trial& trial, bool color) {
  if (trial.last_metrics().empty()) return "";
  Table table;
  table.columns = {{"METRIC", false}, {"LAST", true}};
  const std::map<std::string, double> sorted(trial.last_metrics().begin(),
                                             trial.last_metrics().end());
  for (const auto& [key, value] : sorted) table.rows.push_back({key, ShowNumber(value)});
  return "\n" + RenderTable(table, color);
}

std::string ProvenanceText(const v1::Trial& trial, bool color) {
  if (trial.attempts_size() == 0) return "";
  const auto& provenance = trial.attempts(trial.attempts_size() - 1).provenance();
  if (provenance.empty()) return "";
  const std::map<std::string, std::string> sorted(provenance.begin(), provenance.end());
  std::vector<std::pair<std::string, Cell>> fields;
  for (const auto& [key, value] : sorted) fields.push_back({key, value});
  return "\nRan with\n" + RenderFields(fields, color);
}

// The state with what is to come.
std::string StateText(const v1::Trial& trial) {
  std::string text = StateWord(trial.state());
  if (trial.stop_aim() != v1::Trial::STOP_AIM_UNSPECIFIED) {
    absl::StrAppend(&text, " (", StopAimWord(trial.stop_aim()), ")");
  }
  if (trial.has_retry_time()) {
    absl::StrAppend(&text, ", next attempt from ", IsoTime(TimeOf(trial.retry_time())), " on");
  }
  return text;
}

std::string SpecText(const v1::Trial& trial) {
  const auto spec = nlohmann::ordered_json::parse(trial.spec_json(), nullptr, false);
  return spec.is_object() ? "\nConfiguration\n" + spec.dump(2) + "\n" : "";
}

}  // namespace

Tone ToneOf(v1::Trial::State state) {
  switch (state) {
    case v1::Trial::STATE_SUCCEEDED:
      return Tone::kGood;
    case v1::Trial::STATE_FAILED:
      return Tone::kBad;
    case v1::Trial::STATE_RUNNING:
      return Tone::kActive;
    default:
      return Tone::kPlain;
  }
}

Table TrialTable(const std::vector<v1::Trial>& trials, Timestamp now) {
  Table table;
  table.columns = {{"NAME", false}, {"STATE", false}, {"EPOCH", true}, {"VAL", true},
                   {"TEST", true},  {"TIME", true},   {"SEED", true},  {"VARIANT", false}};
  for (const v1::Trial& trial : trials) {
    table.rows.push_back({ShortName(trial.name()),
                          {StateWord(trial.state()), ToneOf(trial.state())},
                          EpochText(trial),
                          Newest(trial, metric::kValidationAccuracy, ShowNumber, "-"),
                          Newest(trial, metric::kTestAccuracy, ShowNumber, "-"),
                          TimeText(trial, now),
                          absl::StrCat(trial.seed()),
                          trial.variant_label()});
  }
  return table;
}

std::vector<CsvRow> TrialCsv(const std::vector<v1::Trial>& trials) {
  std::vector<CsvRow> rows = {{"name",
                               "state",
                               "variant",
                               "variant_label",
                               "seed",
                               "attempts",
                               "step",
                               "total_steps",
                               "epoch",
                               "total_epochs",
                               "images_per_second",
                               "train_loss",
                               "train_accuracy",
                               "validation_loss",
                               "validation_accuracy",
                               "test_loss",
                               "test_accuracy",
                               "worker",
                               "create_time",
                               "start_time",
                               "finish_time",
                               "message"}};
  for (const v1::Trial& trial : trials) {
    const v1::Progress progress = ProgressOf(trial);
    const bool has_begun = progress.total_steps() > 0;
    const auto if_begun = [has_begun](const std::string& text) { return has_begun ? text : ""; };
    const auto value = [&trial](const char* key) { return Newest(trial, key, ExactNumber, ""); };
    rows.push_back({ShortName(trial.name()),
                    StateWord(trial.state()),
                    trial.variant(),
                    trial.variant_label(),
                    absl::StrCat(trial.seed()),
                    absl::StrCat(trial.attempt_count()),
                    if_begun(absl::StrCat(progress.step())),
                    if_begun(absl::StrCat(progress.total_steps())),
                    if_begun(absl::StrCat(progress.epoch())),
                    if_begun(absl::StrCat(progress.total_epochs())),
                    if_begun(ExactNumber(progress.images_per_second())),
                    value(metric::kTrainLoss),
                    value(metric::kTrainAccuracy),
                    value(metric::kValidationLoss),
                    value(metric::kValidationAccuracy),
                    value(metric::kTestLoss),
                    value(metric::kTestAccuracy),
                    ShortName(trial.worker()),
                    IsoOrEmpty(trial.has_create_time(), trial.create_time()),
                    IsoOrEmpty(trial.has_start_time(), trial.start_time()),
                    IsoOrEmpty(trial.has_finish_time(), trial.finish_time()),
                    trial.message()});
  }
  return rows;
}

std::string TrialDetails(const v1::Trial& trial, Timestamp now, bool color) {
  std::string text = RenderFields({{"Name", ShortName(trial.name())},
                                   {"State", {StateText(trial), ToneOf(trial.state())}},
                                   {"Variant", trial.variant_label()},
                                   {"Seed", absl::StrCat(trial.seed())},
                                   {"Worker", ShortName(trial.worker())},
                                   {"Epoch", EpochText(trial)},
                                   {"Step", StepText(trial)},
                                   {"Time", TimeText(trial, now)},
                                   {"Message", trial.message()}},
                                  color);
  text += AttemptsText(trial, color) + FlagsText(trial, color) + NewestText(trial, color) +
          ProvenanceText(trial, color) + SpecText(trial);
  const std::string why =
      WhyItFailed(trial, "whole log: adares trial logs " + ShortName(trial.name()));
  return why.empty() ? text : text + "\n" + why;
}

Table MetricTable(const v1::QueryMetricsResponse& metrics) {
  Table table;
  table.columns = {{"KEY", false}, {"EPOCH", true}, {"STEP", true}, {"VALUE", true}};
  for (const v1::MetricPoint& point : metrics.points()) {
    table.rows.push_back({point.key(), absl::StrCat(point.epoch()), absl::StrCat(point.step()),
                          ShowNumber(point.value())});
  }
  return table;
}

std::vector<CsvRow> MetricCsv(const v1::QueryMetricsResponse& metrics) {
  std::vector<CsvRow> rows = {{"trial", "key", "epoch", "step", "value"}};
  const std::string trial = ShortName(metrics.trial());
  for (const v1::MetricPoint& point : metrics.points()) {
    rows.push_back({trial, point.key(), absl::StrCat(point.epoch()), absl::StrCat(point.step()),
                    ExactNumber(point.value())});
  }
  return rows;
}

Table SkipWeightTable(const v1::QuerySkipWeightsResponse& weights) {
  Table table;
  table.columns = {{"SITE", false},    {"EPOCH", true}, {"STEP", true},  {"VALUE", true},
                   {"GRADIENT", true}, {"SNR", true},   {"RATIO", true}, {"SHARE", true}};
  for (const v1::SkipWeightPoint& point : weights.weights()) {
    const auto text = [](bool known, double value) { return known ? ValueText(value) : "-"; };
    table.rows.push_back({point.site(), absl::StrCat(point.epoch()), absl::StrCat(point.step()),
                          ShowNumber(point.value()), ValueText(point.gradient()),
                          text(point.has_gradient_snr(), point.gradient_snr()),
                          text(point.has_path_ratio(), point.path_ratio()),
                          text(point.has_skip_share(), point.skip_share())});
  }
  return table;
}

std::vector<CsvRow> SkipWeightCsv(const v1::QuerySkipWeightsResponse& weights) {
  std::vector<CsvRow> rows = {{"trial", "site", "epoch", "step", "value", "gradient", "s", "r",
                               "gradient_snr", "path_ratio", "skip_share"}};
  const std::string trial = ShortName(weights.trial());
  for (const v1::SkipWeightPoint& point : weights.weights()) {
    const auto text = [](bool known, double value) { return known ? ExactOrEmpty(value) : ""; };
    rows.push_back({trial, point.site(), absl::StrCat(point.epoch()), absl::StrCat(point.step()),
                    ExactNumber(point.value()), ExactOrEmpty(point.gradient()),
                    text(point.has_s(), point.s()), text(point.has_r(), point.r()),
                    text(point.has_gradient_snr(), point.gradient_snr()),
                    text(point.has_path_ratio(), point.path_ratio()),
                    text(point.has_skip_share(), point.skip_share())});
  }
  return rows;
}

std::vector<CsvRow> LogCsvHeader() { return {{"attempt", "line", "time", "text"}}; }

CsvRow LogCsvRow(int attempt, const v1::LogLine& line) {
  return {absl::StrCat(attempt), absl::StrCat(line.number()),
          IsoOrEmpty(line.has_time(), line.time()), line.text()};
}

}  // namespace adares::client
