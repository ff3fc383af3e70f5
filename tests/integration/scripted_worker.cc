#include "tests/integration/scripted_worker.h"

#include <gtest/gtest.h>

#include <iterator>
#include <utility>

#include "core/sha256.h"
#include "tests/integration/server_fixture.h"

namespace adares {

ScriptedWorker::ScriptedWorker(std::shared_ptr<grpc::Channel> channel, std::string worker_name,
                               std::string worker_instance, std::string instance_before)
    : name(std::move(worker_name)),
      instance(std::move(worker_instance)),
      previous_instance(std::move(instance_before)),
      channel_(std::move(channel)) {}

absl::StatusOr<v1::RegisterWorkerResponse> ScriptedWorker::Register(int slots) const {
  v1::RegisterWorkerRequest request;
  request.set_worker(name);
  request.set_instance(instance);
  request.set_previous_instance(previous_instance);
  request.set_hostname("host");
  request.set_device("cpu");
  request.set_slots(slots);
  request.set_version("1.2.3");
  return Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::RegisterWorker, request);
}

absl::StatusOr<v1::SyncResponse> ScriptedWorker::Sync(int max_wait_seconds) const {
  v1::SyncRequest request;
  request.set_worker(name);
  request.set_instance(instance);
  request.mutable_attempts()->Assign(held.begin(), held.end());
  request.set_draining(draining);
  request.set_leaving(leaving);
  request.mutable_max_wait()->set_seconds(max_wait_seconds);
  return Call<v1::WorkerService>(channel_, &v1::WorkerService::Stub::Sync, request);
}

// The wait is longer than the call's deadline: an answer is not the end of the wait.
std::future<absl::StatusOr<v1::SyncResponse>> ScriptedWorker::HoldSync() const {
  return std::async(std::launch::async, [this] { return Sync(60); });
}

v1::BlobUpload UploadOf(const ScriptedWorker& worker, const v1::Assignment& attempt,
                        const std::string& content) {
  v1::BlobUpload upload;
  upload.set_worker(worker.name);
  upload.set_instance(worker.instance);
  upload.set_trial(attempt.trial());
  upload.set_attempt(attempt.attempt());
  upload.set_sha256(Sha256Hex(content));
  upload.set_size_bytes(std::ssize(content));
  return upload;
}

v1::Assignment ScriptedWorker::TakeOne() {
  const auto orders = Sync();
  EXPECT_TRUE(orders.ok()) << orders.status();
  if (!orders.ok() || orders->start_size() != 1) {
    ADD_FAILURE() << "no single assignment";
    return {};
  }
  Hold(orders->start(0));
  return orders->start(0);
}

void ScriptedWorker::Hold(const v1::Assignment& assignment, v1::HeldAttempt::Phase phase) {
  v1::HeldAttempt attempt;
  attempt.set_trial(assignment.trial());
  attempt.set_attempt(assignment.attempt());
  attempt.set_phase(phase);
  held.push_back(std::move(attempt));
}

Reports::Reports(const std::shared_ptr<grpc::Channel>& channel, const ScriptedWorker& worker)
    : worker_(worker.name),
      instance_(worker.instance),
      stub_(v1::WorkerService::NewStub(channel)),
      context_(NewContext()),
      stream_(stub_->Report(context_.get())) {}

Reports::~Reports() {
  context_->TryCancel();
  if (stream_ != nullptr) stream_->Finish();
}

absl::StatusOr<v1::ReportResponse> Reports::Send(const v1::Assignment& attempt,
                                                 int64_t first_sequence,
                                                 const std::vector<v1::Record>& records) {
  const absl::Status ended = absl::OutOfRangeError("the server has ended the stream");
  if (stream_ == nullptr) return ended;
  v1::ReportRequest request;
  request.set_worker(worker_);
  request.set_instance(instance_);
  request.set_trial(attempt.trial());
  request.set_attempt(attempt.attempt());
  request.set_first_sequence(first_sequence);
  request.mutable_records()->Assign(records.begin(), records.end());
  v1::ReportResponse response;
  if (stream_->Write(request) && stream_->Read(&response)) return response;
  const absl::Status end = Finish();
  return end.ok() ? ended : end;
}

int64_t Reports::Acknowledged(const v1::Assignment& attempt, int64_t first_sequence,
                              const std::vector<v1::Record>& records) {
  const auto response = Send(attempt, first_sequence, records);
  EXPECT_TRUE(response.ok()) << response.status();
  if (!response.ok() || !response->has_acknowledged_sequence()) return -1;
  EXPECT_EQ(response->trial(), attempt.trial());
  EXPECT_EQ(response->attempt(), attempt.attempt());
  return response->acknowledged_sequence();
}

std::string Reports::Refused(const v1::Assignment& attempt, int64_t first_sequence,
                             const std::vector<v1::Record>& records) {
  const auto response = Send(attempt, first_sequence, records);
  EXPECT_TRUE(response.ok()) << response.status();
  return response.ok() ? response->refused().reason() : "";
}

absl::Status Reports::Finish() {
  stream_->WritesDone();
  const absl::Status status = FromGrpcStatus(stream_->Finish());
  stream_ = nullptr;
  return status;
}

absl::Status Reports::End() {
  v1::ReportResponse rest;
  while (stream_->Read(&rest)) {
  }
  const absl::Status status = FromGrpcStatus(stream_->Finish());
  stream_ = nullptr;
  return status;
}

v1::Record PointRecord(const std::string& key, int64_t step, double value) {
  v1::Record record;
  v1::MetricPoint* point = record.mutable_metrics()->add_points();
  point->set_key(key);
  point->set_step(step);
  point->set_epoch(step);
  point->set_value(value);
  return record;
}

v1::Record WeightRecord(const std::string& site, int64_t step, double value, double gradient) {
  v1::Record record;
  v1::SkipWeightPoint* weight = record.mutable_skip_weights()->add_weights();
  weight->set_site(site);
  weight->set_step(step);
  weight->set_epoch(step);
  weight->set_value(value);
  weight->set_gradient(gradient);
  return record;
}

v1::Record LogRecord(int64_t first_number, const std::vector<std::string>& texts) {
  v1::Record record;
  for (const std::string& text : texts) {
    v1::LogLine* line = record.mutable_log()->add_lines();
    line->set_number(first_number++);
    line->set_text(text);
    line->mutable_time()->set_seconds(1'700'000'000);
  }
  return record;
}

v1::Record ProgressRecord(int64_t step, int64_t total_steps) {
  v1::Record record;
  record.mutable_progress()->set_step(step);
  record.mutable_progress()->set_total_steps(total_steps);
  return record;
}

v1::Record StartRecord(int64_t total_steps, int64_t total_epochs) {
  v1::Record record;
  record.mutable_start()->set_total_steps(total_steps);
  record.mutable_start()->set_total_epochs(total_epochs);
  record.mutable_start()->set_parameters(1000);
  (*record.mutable_start()->mutable_provenance())["device"] = "cpu";
  return record;
}

v1::Record EndRecord(v1::Attempt::EndReason reason, const std::string& message) {
  v1::Record record;
  record.mutable_end()->set_reason(reason);
  record.mutable_end()->set_message(message);
  return record;
}

}  // namespace adares
