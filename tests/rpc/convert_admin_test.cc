// What looking after a coordinator tells, as messages.
#include "rpc/convert_admin.h"

#include <gmock/gmock.h>

#include <limits>

#include "core/status.h"

namespace adares {
namespace {

v1::PruneDatabaseRequest Request(int64_t seconds, int32_t nanos = 0) {
  v1::PruneDatabaseRequest request;
  request.mutable_older_than()->set_seconds(seconds);
  request.mutable_older_than()->set_nanos(nanos);
  return request;
}

TEST(ConvertAdminTest, AgesOfWhatIsDeletedAreChecked) {
  EXPECT_EQ(*OlderThan(Request(90, 5'000)), std::chrono::seconds(90) + Duration(5));
  EXPECT_EQ(*OlderThan(Request(0)), Duration(0));
  for (const v1::PruneDatabaseRequest& wrong :
       {v1::PruneDatabaseRequest(), Request(-1), Request(0, -1), Request(0, 1'000'000'000),
        Request(int64_t{1} << 40), Request(std::numeric_limits<int64_t>::max())}) {
    const auto refused = OlderThan(wrong);
    EXPECT_EQ(ErrorReason(refused.status()), reason::kArgumentInvalid) << wrong.DebugString();
    EXPECT_EQ(ErrorMetadata(refused.status())["field"], "older_than");
  }
}

TEST(ConvertAdminTest, WhatACheckFoundSurvives) {
  const v1::CheckResult message =
      ToProto(CheckResult{"results", CheckResult::Outcome::kFailed, 7, {{"a/b", "bad"}}, "note"});
  EXPECT_EQ(message.check(), "results");
  EXPECT_EQ(message.outcome(), v1::CheckResult::OUTCOME_FAILED);
  EXPECT_EQ(message.finding_count(), 7);
  EXPECT_EQ(message.findings(0).subject(), "a/b");
  EXPECT_EQ(message.findings(0).problem(), "bad");
  EXPECT_EQ(message.note(), "note");
}

TEST(ConvertAdminTest, NamesOfADamagedFileBecomeValidText) {
  const v1::CheckResult message = ToProto(
      CheckResult{"results", CheckResult::Outcome::kFailed, 1, {{"a\xff\xc3\xa4", "\x80"}}, ""});
  EXPECT_EQ(message.findings(0).subject(), "a?\xc3\xa4");
  EXPECT_EQ(message.findings(0).problem(), "?");
}

TEST(ConvertAdminTest, VolumesKeepTheirKind) {
  Volume volume;
  volume.kind = VolumeKind::kNetwork;
  volume.file_system = "nfs";
  volume.total_bytes = 9;
  volume.free_bytes = 5;
  const v1::VolumeInfo message = ToProto(volume);
  EXPECT_EQ(message.kind(), v1::VolumeInfo::KIND_NETWORK);
  EXPECT_EQ(message.file_system(), "nfs");
  EXPECT_EQ(message.total_bytes(), 9);
  EXPECT_EQ(message.free_bytes(), 5);
}

TEST(ConvertAdminTest, OfflineErrorsSurvive) {
  const absl::Status error = MakeError(absl::StatusCode::kNotFound, reason::kDatabaseMissing,
                                       "there is none", {{"path", "x"}});
  const absl::Status back = FromOfflineError(ToOfflineError(error));
  EXPECT_EQ(back.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(back), reason::kDatabaseMissing);
  EXPECT_EQ(back.message(), "there is none");
  EXPECT_EQ(ErrorMetadata(back)["path"], "x");
  EXPECT_EQ(ErrorReason(FromOfflineError(ToOfflineError(absl::InternalError("x")))), "");
  EXPECT_FALSE(FromOfflineError(v1::OfflineError()).ok()) << "an error is never a success";
}

}  // namespace
}  // namespace adares
