// The border between the domain (core/) and the protocol (adares.v1). Conversions from messages
// check what arrives and return INVALID_ARGUMENT naming the field; those to messages cannot fail.
// Thread-safe: pure functions.
#pragma once

#include "absl/status/statusor.h"
#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/resources.pb.h"
#include "adares/v1/worker_service.pb.h"
#include "core/records.h"
#include "core/report_limits.h"

namespace adares {

google::protobuf::Timestamp ToProto(Timestamp time);
Timestamp FromProto(const google::protobuf::Timestamp& time);

google::protobuf::Duration ToProto(Duration duration);
Duration FromProto(const google::protobuf::Duration& duration);

v1::Sweep::State ToProto(SweepState state);
v1::Trial::State ToProto(TrialState state);
v1::Trial::StopAim ToProto(StopAim aim);
v1::Worker::State ToProto(WorkerState state);
v1::PendingReason::Cause ToProto(PendingReason::Cause cause);
v1::Attempt::EndReason ToProto(EndReason reason);
v1::Objective::Goal ToProto(Goal goal);
absl::StatusOr<TrialState> FromProto(v1::Trial::State state);
absl::StatusOr<EndReason> FromProto(v1::Attempt::EndReason reason);

v1::Sweep ToProto(const SweepRecord& sweep);
v1::StopRule ToProto(const StopRule& rule);
v1::Schedule ToProto(const Schedule& schedule);
v1::TrialCounts ToProto(const TrialCounts& counts);
v1::Trial ToProto(const TrialRecord& trial);
v1::Attempt ToProto(const AttemptRecord& attempt);
v1::Worker ToProto(const WorkerRecord& worker);
v1::Progress ToProto(const Progress& progress);
v1::MetricPoint ToProto(const MetricPoint& point);
v1::SkipWeightPoint ToProto(const SkipWeightPoint& point);
v1::Flag ToProto(const Flag& flag);
v1::LogLine ToProto(const LogLine& line);
v1::Checkpoint ToProto(const Checkpoint& checkpoint);
v1::VariantResult ToProto(const VariantResult& result);
v1::CompareVariantsResponse ToProto(const Comparison& comparison);

v1::Record ToProto(const ReportRecord& record);
absl::StatusOr<ReportRecord> FromProto(const v1::Record& record);
absl::StatusOr<Flag> FromProto(const v1::Flag& flag);
absl::StatusOr<Checkpoint> FromProto(const v1::Checkpoint& message);

// The attempt that a message names.
absl::StatusOr<AttemptId> ParseAttempt(const std::string& trial_resource, int32_t attempt);

}  // namespace adares
