// What workers report: records to messages and, checked, back.
#include "rpc/convert.h"

#include <cmath>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/convert_checks.h"
#include "rpc/names.h"

namespace adares {
namespace {

absl::Status CheckCount(const std::string& field, int count, int limit) {
  if (count > limit) {
    return InvalidField(field, absl::StrCat(count, " entries in one record; at most ", limit));
  }
  return absl::OkStatus();
}

absl::StatusOr<ReportRecord> Points(const v1::MetricPoints& message) {
  ADARES_RETURN_IF_ERROR(CheckCount("metrics", message.points_size(), kMaxPointsPerRecord));
  std::vector<MetricPoint> points;
  points.reserve(message.points_size());
  for (const v1::MetricPoint& point : message.points()) {
    if (!IsMetricKey(point.key())) {
      return InvalidField("metrics.key", absl::StrCat("\"", point.key(), "\" is not a metric key"));
    }
    ADARES_RETURN_IF_ERROR(CheckStep("metrics", point.step(), point.epoch()));
    points.push_back({point.key(), point.step(), point.epoch(), point.value()});
  }
  return points;
}

absl::StatusOr<ReportRecord> Weights(const v1::SkipWeights& message) {
  ADARES_RETURN_IF_ERROR(CheckCount("skip_weights", message.weights_size(), kMaxPointsPerRecord));
  std::vector<SkipWeightPoint> weights;
  weights.reserve(message.weights_size());
  for (const v1::SkipWeightPoint& weight : message.weights()) {
    if (!IsSiteName(weight.site())) {
      return InvalidField("skip_weights.site",
                          absl::StrCat("\"", weight.site(), "\" is not a site"));
    }
    ADARES_RETURN_IF_ERROR(CheckStep("skip_weights", weight.step(), weight.epoch()));
    SkipWeightPoint point{weight.site(), weight.step(), weight.epoch(), weight.value(),
                          weight.gradient()};
    if (weight.has_s()) point.s = weight.s();
    if (weight.has_r()) point.r = weight.r();
    if (weight.has_gradient_snr()) point.gradient_snr = weight.gradient_snr();
    if (weight.has_path_ratio()) point.path_ratio = weight.path_ratio();
    if (weight.has_skip_share()) point.skip_share = weight.skip_share();
    weights.push_back(std::move(point));
  }
  return weights;
}

absl::StatusOr<ReportRecord> Lines(const v1::LogLines& message) {
  ADARES_RETURN_IF_ERROR(CheckCount("log", message.lines_size(), kMaxLogLinesPerRecord));
  std::vector<LogLine> lines;
  lines.reserve(message.lines_size());
  for (const v1::LogLine& line : message.lines()) {
    if (line.number() < 1 || line.number() > kMaxSequence) {
      return InvalidField("log.number",
                          absl::StrCat(line.number(), " is not in 1..", kMaxSequence));
    }
    if (line.text().size() > kMaxLogLineBytes) {
      return InvalidField("log.text", absl::StrCat("longer than ", kMaxLogLineBytes, " bytes"));
    }
    lines.push_back({line.number(), line.text(), FromProto(line.time())});
  }
  return lines;
}

absl::Status CheckText(const std::string& field, const std::string& text, size_t limit) {
  if (text.size() <= limit) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("longer than ", limit, " bytes"));
}

absl::Status CheckFacts(const std::string& field,
                        const google::protobuf::Map<std::string, std::string>& facts) {
  if (facts.size() > kMaxFacts) {
    return InvalidField(field, absl::StrCat(facts.size(), " entries; at most ", kMaxFacts));
  }
  for (const auto& [name, value] : facts) {
    ADARES_RETURN_IF_ERROR(CheckText(field, name, kMaxNameBytes));
    ADARES_RETURN_IF_ERROR(CheckText(field, value, kMaxMessageTextBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckTexts(const v1::AttemptEnd& message) {
  ADARES_RETURN_IF_ERROR(CheckText("end.message", message.message(), kMaxMessageTextBytes));
  if (message.log_tail_size() > static_cast<int>(kMaxLogTailLines)) {
    return InvalidField("end.log_tail", absl::StrCat(message.log_tail_size(), " lines; at most ",
                                                     kMaxLogTailLines));
  }
  for (const std::string& line : message.log_tail()) {
    ADARES_RETURN_IF_ERROR(CheckText("end.log_tail", line, kMaxLogLineBytes));
  }
  return CheckFacts("end.digests", message.digests());
}

absl::StatusOr<ReportRecord> End(const v1::AttemptEnd& message) {
  ADARES_RETURN_IF_ERROR(CheckTexts(message));
  AttemptEnd end;
  ADARES_ASSIGN_OR_RETURN(end.reason, FromProto(message.reason()));
  end.message = message.message();
  if (message.has_exit_code()) end.exit_code = message.exit_code();
  end.log_tail.assign(message.log_tail().begin(), message.log_tail().end());
  end.digests.insert(message.digests().begin(), message.digests().end());
  return end;
}

absl::Status CheckTotal(const std::string& field, int64_t total, int64_t most) {
  if (total >= 0 && total <= most) return absl::OkStatus();
  return InvalidField(field, absl::StrCat(total, " is not in 0..", most));
}

absl::StatusOr<ReportRecord> Start(const v1::AttemptStart& message) {
  ADARES_RETURN_IF_ERROR(CheckTotal("start.total_steps", message.total_steps(), kMaxTotalSteps));
  ADARES_RETURN_IF_ERROR(CheckTotal("start.total_epochs", message.total_epochs(), kMaxTotalEpochs));
  ADARES_RETURN_IF_ERROR(CheckTotal("start.resumed_step", message.resumed_step(), kMaxTotalSteps));
  if (message.parameters() < 0) return InvalidField("start.parameters", "negative");
  ADARES_RETURN_IF_ERROR(CheckFacts("start.provenance", message.provenance()));
  return AttemptStart{message.total_steps(),
                      message.total_epochs(),
                      message.parameters(),
                      {message.provenance().begin(), message.provenance().end()},
                      message.resumed_step()};
}

absl::StatusOr<ReportRecord> ProgressOf(const v1::Progress& message) {
  ADARES_RETURN_IF_ERROR(CheckStep("progress", message.step(), message.epoch()));
  ADARES_RETURN_IF_ERROR(CheckStep("progress", message.total_steps(), message.total_epochs()));
  return Progress{message.step(), message.total_steps(), message.epoch(), message.total_epochs(),
                  message.images_per_second()};
}

void Fill(const AttemptStart& start, v1::Record* record) {
  v1::AttemptStart* message = record->mutable_start();
  message->set_total_steps(start.total_steps);
  message->set_total_epochs(start.total_epochs);
  message->set_parameters(start.parameters);
  for (const auto& [key, value] : start.provenance) (*message->mutable_provenance())[key] = value;
  message->set_resumed_step(start.resumed_step);
}
// Lists without elements are records of their kind all the same.
void Fill(const std::vector<MetricPoint>& points, v1::Record* record) {
  v1::MetricPoints* const message = record->mutable_metrics();
  for (const auto& point : points) *message->add_points() = ToProto(point);
}
void Fill(const std::vector<SkipWeightPoint>& weights, v1::Record* record) {
  v1::SkipWeights* const message = record->mutable_skip_weights();
  for (const auto& weight : weights) *message->add_weights() = ToProto(weight);
}
void Fill(const std::vector<LogLine>& lines, v1::Record* record) {
  v1::LogLines* const message = record->mutable_log();
  for (const auto& line : lines) *message->add_lines() = ToProto(line);
}
void Fill(const Progress& progress, v1::Record* record) {
  *record->mutable_progress() = ToProto(progress);
}
void Fill(const Flag& flag, v1::Record* record) { *record->mutable_flag() = ToProto(flag); }
void Fill(const Checkpoint& checkpoint, v1::Record* record) {
  *record->mutable_checkpoint() = ToProto(checkpoint);
}
void Fill(const AttemptEnd& end, v1::Record* record) {
  v1::AttemptEnd* message = record->mutable_end();
  message->set_reason(ToProto(end.reason));
  message->set_message(end.message);
  if (end.exit_code) message->set_exit_code(*end.exit_code);
  message->mutable_log_tail()->Assign(end.log_tail.begin(), end.log_tail.end());
  for (const auto& [key, value] : end.digests) (*message->mutable_digests())[key] = value;
}

}  // namespace

v1::Progress ToProto(const Progress& progress) {
  v1::Progress message;
  message.set_step(progress.step);
  message.set_total_steps(progress.total_steps);
  message.set_epoch(progress.epoch);
  message.set_total_epochs(progress.total_epochs);
  message.set_images_per_second(progress.images_per_second);
  return message;
}

v1::MetricPoint ToProto(const MetricPoint& point) {
  v1::MetricPoint message;
  message.set_key(point.key);
  message.set_step(point.step);
  message.set_epoch(point.epoch);
  message.set_value(point.value);
  return message;
}

v1::SkipWeightPoint ToProto(const SkipWeightPoint& point) {
  v1::SkipWeightPoint message;
  message.set_site(point.site);
  message.set_step(point.step);
  message.set_epoch(point.epoch);
  message.set_value(point.value);
  message.set_gradient(point.gradient);
  if (!std::isnan(point.s)) message.set_s(point.s);
  if (!std::isnan(point.r)) message.set_r(point.r);
  if (!std::isnan(point.gradient_snr)) message.set_gradient_snr(point.gradient_snr);
  if (!std::isnan(point.path_ratio)) message.set_path_ratio(point.path_ratio);
  if (!std::isnan(point.skip_share)) message.set_skip_share(point.skip_share);
  return message;
}

v1::LogLine ToProto(const LogLine& line) {
  v1::LogLine message;
  message.set_number(line.number);
  message.set_text(line.text);
  *message.mutable_time() = ToProto(line.time);
  return message;
}

v1::Record ToProto(const ReportRecord& record) {
  v1::Record message;
  std::visit([&message](const auto& kind) { Fill(kind, &message); }, record);
  return message;
}

absl::StatusOr<ReportRecord> FromProto(const v1::Record& record) {
  switch (record.kind_case()) {
    case v1::Record::kStart:
      return Start(record.start());
    case v1::Record::kMetrics:
      return Points(record.metrics());
    case v1::Record::kSkipWeights:
      return Weights(record.skip_weights());
    case v1::Record::kLog:
      return Lines(record.log());
    case v1::Record::kProgress:
      return ProgressOf(record.progress());
    case v1::Record::kEnd:
      return End(record.end());
    case v1::Record::kFlag:
      return FromProto(record.flag());
    case v1::Record::kCheckpoint:
      return FromProto(record.checkpoint());
    case v1::Record::KIND_NOT_SET:
      break;
  }
  return InvalidField("record", "no kind is set");
}

absl::StatusOr<AttemptId> ParseAttempt(const std::string& trial_resource, int32_t attempt) {
  ADARES_ASSIGN_OR_RETURN(TrialName name, ParseTrialResource(trial_resource, "trial"));
  if (name.sweep == "-") return InvalidField("trial", "the sweep must be named");
  if (attempt < 1) return InvalidField("attempt", "attempts are numbered from 1");
  return AttemptId{std::move(name.sweep), std::move(name.trial), attempt};
}

}  // namespace adares
