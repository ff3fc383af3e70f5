#include "bench/fleet/records.h"

#include <cstdlib>

#include "adares/v1/worker_service.pb.h"

namespace adares::bench {
namespace {

constexpr int64_t kStepsPerEpoch = 100;

void Fill(v1::MetricPoint* point, const std::string& key, int64_t step, double value) {
  point->set_key(key);
  point->set_step(step);
  point->set_epoch(step / kStepsPerEpoch);
  point->set_value(value);
}

}  // namespace

std::string StartRecord(int64_t total_steps) {
  v1::Record record;
  v1::AttemptStart* start = record.mutable_start();
  start->set_total_steps(total_steps);
  start->set_total_epochs(total_steps / kStepsPerEpoch + 1);
  start->set_parameters(78'042);
  auto& provenance = *start->mutable_provenance();
  provenance["device"] = "cpu";
  provenance["threads"] = "1";
  return record.SerializeAsString();
}

std::string PointsRecord(const std::string& key, int64_t first_step, int64_t count) {
  v1::Record record;
  for (int64_t step = first_step; step < first_step + count; ++step) {
    Fill(record.mutable_metrics()->add_points(), key, step, ValueAt(step));
  }
  return record.SerializeAsString();
}

std::string FinalPointRecord(const std::string& key, int64_t step, double value) {
  v1::Record record;
  Fill(record.mutable_metrics()->add_points(), key, step, value);
  return record.SerializeAsString();
}

std::string FinishedRecord() {
  v1::Record record;
  record.mutable_end()->set_reason(v1::Attempt::END_REASON_FINISHED);
  return record.SerializeAsString();
}

double ValueAt(int64_t step) { return 2.5 / (1 + 0.01 * static_cast<double>(step)); }

double FinalValue(const std::string& trial, const std::string& key) {
  constexpr double kTwoTo48 = 281'474'976'710'656;
  const auto digits = static_cast<double>(std::strtoull(trial.c_str(), nullptr, 16));
  return digits / kTwoTo48 + static_cast<double>(key.size());
}

}  // namespace adares::bench
