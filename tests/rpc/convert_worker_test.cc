// Requests of workers: what they mean, and refusals that name the field.
#include "rpc/convert_worker.h"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "core/report_limits.h"
#include "core/status.h"
#include "rpc/convert.h"

namespace adares {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::Pair;
using testing::StartsWith;

constexpr char kTrial[] = "sweeps/a/trials/0123456789ab";
const std::string kHash(64, 'a');

template <typename Request>
std::string Refusal(const Request& request) {
  const auto value = FromProto(request);
  EXPECT_FALSE(value.ok());
  EXPECT_EQ(ErrorReason(value.status()), reason::kArgumentInvalid);
  return std::string(value.status().message());
}

TEST(ConvertWorkerTest, ARegistrationKeepsAllThatItSays) {
  v1::RegisterWorkerRequest request;
  request.set_worker("w1");
  request.set_instance("i1");
  request.set_previous_instance("i0");
  request.set_hostname("host");
  request.set_device("cuda");
  request.set_slots(4);
  request.set_version("1.2");
  request.set_memory_bytes(5);
  (*request.mutable_labels())["site"] = "lab";
  request.add_datasets("mnist");
  const absl::StatusOr<Registration> registration = FromProto(request);
  ASSERT_TRUE(registration.ok()) << registration.status();
  EXPECT_EQ(registration->previous_instance, "i0");
  const WorkerRecord* const worker = &registration->worker;
  EXPECT_EQ(worker->name, "w1");
  EXPECT_EQ(worker->instance, "i1");
  EXPECT_EQ(worker->hostname, "host");
  EXPECT_EQ(worker->slots, 4);
  EXPECT_EQ(worker->version, "1.2");
  EXPECT_EQ(worker->capability.device, "cuda");
  EXPECT_EQ(worker->capability.memory_bytes, 5);
  EXPECT_THAT(worker->capability.labels, ElementsAre(Pair("site", "lab")));
  EXPECT_EQ(worker->capability.datasets, std::nullopt) << "it does not know them all";
  request.set_datasets_known(true);
  EXPECT_THAT(*FromProto(request)->worker.capability.datasets, ElementsAre("mnist"));
}

TEST(ConvertWorkerTest, ARegistrationIsChecked) {
  v1::RegisterWorkerRequest request;
  request.set_worker("w1");
  request.set_instance("i1");
  request.set_slots(kMaxSlots + 1);
  EXPECT_THAT(Refusal(request), StartsWith("slots: "));
}

TEST(ConvertWorkerTest, ASyncStatesWhatIsHeld) {
  v1::SyncRequest request;
  request.set_worker("w1");
  request.set_instance("i1");
  request.set_draining(true);
  request.set_sequence(41);
  int number = 0;
  for (const auto phase :
       {v1::HeldAttempt::PHASE_RUNNING, v1::HeldAttempt::PHASE_STOPPING,
        v1::HeldAttempt::PHASE_REPORTING, static_cast<v1::HeldAttempt::Phase>(77)}) {
    v1::HeldAttempt* const held = request.add_attempts();
    held->set_trial(kTrial);
    held->set_attempt(++number);
    held->set_phase(phase);
  }
  const absl::StatusOr<SyncInput> input = FromProto(request);
  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ(input->worker, "w1");
  EXPECT_EQ(input->instance, "i1");
  EXPECT_TRUE(input->draining);
  EXPECT_FALSE(input->leaving);
  EXPECT_EQ(input->sequence, 41);
  std::vector<HeldPhase> phases;
  for (const HeldAttempt& held : input->held) phases.push_back(held.phase);
  EXPECT_THAT(phases, ElementsAre(HeldPhase::kRunning, HeldPhase::kStopping, HeldPhase::kReporting,
                                  HeldPhase::kRunning));
  EXPECT_EQ(input->held[2].id, (AttemptId{"a", "0123456789ab", 3}));
}

TEST(ConvertWorkerTest, ASyncIsChecked) {
  v1::SyncRequest request;
  request.add_attempts()->set_trial(kTrial);
  EXPECT_THAT(Refusal(request), StartsWith("attempt: "));
  request.mutable_attempts(0)->set_attempt(1);
  EXPECT_TRUE(FromProto(request).ok());
  for (int i = 0; i < kMaxHeldAttempts; ++i) request.add_attempts();
  EXPECT_THAT(Refusal(request), StartsWith("attempts: at most"));
}

TEST(ConvertWorkerTest, ASyncWaitsNoLongerThanItMay) {
  v1::SyncRequest request;
  EXPECT_EQ(WaitOf(request, seconds(5)), Duration(0));
  *request.mutable_max_wait() = ToProto(seconds(3));
  EXPECT_EQ(WaitOf(request, seconds(5)), seconds(3));
  for (const int64_t extreme :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()}) {
    request.mutable_max_wait()->set_seconds(extreme);
    EXPECT_EQ(WaitOf(request, seconds(5)), extreme < 0 ? Duration(0) : seconds(5));
  }
  request.set_leaving(true);
  EXPECT_EQ(WaitOf(request, seconds(5)), Duration(0));
}

TEST(ConvertWorkerTest, OrdersAreToldWithTheirReasons) {
  SyncOutput output;
  output.drain = true;
  output.start.push_back({{"a", "0123456789ab", 2}, "{}", Checkpoint{7, 1}});
  for (const StopReason reason :
       {StopReason::kLeaseLost, StopReason::kCancelled, StopReason::kPaused,
        StopReason::kStoppedEarly, StopReason::kTimeout}) {
    output.stop.push_back({{"a", "0123456789ab", 1}, reason});
  }
  const v1::SyncResponse response = ToProto(output);
  EXPECT_TRUE(response.drain());
  EXPECT_EQ(response.start(0).trial(), kTrial);
  EXPECT_EQ(response.start(0).attempt(), 2);
  EXPECT_EQ(response.start(0).checkpoint().step(), 7);
  std::vector<int> reasons;
  for (const v1::StopOrder& order : response.stop()) reasons.push_back(order.reason());
  EXPECT_THAT(reasons,
              ElementsAre(v1::StopOrder::REASON_LEASE_LOST, v1::StopOrder::REASON_CANCELLED,
                          v1::StopOrder::REASON_PAUSED, v1::StopOrder::REASON_STOPPED_EARLY,
                          v1::StopOrder::REASON_TIMEOUT));
}

TEST(ConvertWorkerTest, AnUploadNamesItsAttemptAndItsBlob) {
  v1::BlobUpload upload;
  upload.set_worker("w1");
  upload.set_instance("i1");
  upload.set_trial(kTrial);
  upload.set_attempt(1);
  upload.set_sha256(kHash);
  upload.set_size_bytes(kMaxBlobBytes);
  const absl::StatusOr<UploadTarget> target = FromProto(upload);
  ASSERT_TRUE(target.ok()) << target.status();
  EXPECT_EQ(target->worker, "w1");
  EXPECT_EQ(target->instance, "i1");
  EXPECT_EQ(target->id, (AttemptId{"a", "0123456789ab", 1}));
  EXPECT_EQ(target->blob, (BlobName{kHash, kMaxBlobBytes}));
  for (const int64_t size : {int64_t{-1}, kMaxBlobBytes + 1}) {
    upload.set_size_bytes(size);
    EXPECT_THAT(Refusal(upload), StartsWith("size_bytes: "));
  }
  upload.set_sha256("../../etc/passwd");
  EXPECT_THAT(Refusal(upload), StartsWith("sha256: "));
  upload.set_trial("sweeps/-/trials/0123456789ab");
  EXPECT_THAT(Refusal(upload), StartsWith("trial: "));
}

TEST(ConvertWorkerTest, PartsOfAnUploadComeInTheirOrder) {
  v1::UploadBlobRequest part;
  EXPECT_FALSE(CheckPart(part, true).ok()) << "nothing is no beginning";
  part.set_chunk("c");
  EXPECT_FALSE(CheckPart(part, true).ok());
  EXPECT_TRUE(CheckPart(part, false).ok());
  part.set_chunk(std::string(kMaxChunkBytes, 'c'));
  EXPECT_TRUE(CheckPart(part, false).ok());
  part.mutable_chunk()->push_back('c');
  EXPECT_FALSE(CheckPart(part, false).ok());
  part.mutable_begin();
  EXPECT_TRUE(CheckPart(part, true).ok());
  EXPECT_FALSE(CheckPart(part, false).ok());
}

TEST(ConvertWorkerTest, ADownloadNamesAHash) {
  v1::DownloadBlobRequest request;
  request.set_sha256(kHash);
  EXPECT_EQ(*HashOf(request), kHash);
  for (const char* none : {"", "..", "AAAA"}) {
    request.set_sha256(none);
    EXPECT_EQ(ErrorReason(HashOf(request).status()), reason::kArgumentInvalid);
  }
}

TEST(ConvertWorkerTest, ACordonHasAReason) {
  v1::CordonWorkerRequest request;
  EXPECT_EQ(*ReasonOf(request), "on request");
  request.set_reason(std::string(200, 'x'));
  EXPECT_EQ(*ReasonOf(request), request.reason());
  request.mutable_reason()->push_back('x');
  EXPECT_EQ(ErrorReason(ReasonOf(request).status()), reason::kArgumentInvalid);
}

}  // namespace
}  // namespace adares
