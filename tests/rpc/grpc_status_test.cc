// Errors keep their code, reason and metadata on their way over the wire.
#include "rpc/grpc_status.h"

#include <gtest/gtest.h>

#include "core/status.h"

namespace adares {
namespace {

TEST(GrpcStatusTest, OkStaysOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
}

TEST(GrpcStatusTest, EveryCodeSurvivesTheRoundTrip) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "what went wrong");
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
  }
}

TEST(GrpcStatusTest, ReasonAndMetadataSurviveTheRoundTrip) {
  const absl::Status status = MakeError(absl::StatusCode::kNotFound, reason::kSweepNotFound,
                                        "no sweep x", {{"name", "x"}, {"nearest", "y"}});
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(back.message(), "no sweep x");
  EXPECT_EQ(ErrorReason(back), reason::kSweepNotFound);
  EXPECT_EQ(ErrorMetadata(back), ErrorMetadata(status));
}

TEST(GrpcStatusTest, DetailsOfOthersAreNotTakenForOurs) {
  const grpc::Status foreign(grpc::StatusCode::UNAVAILABLE, "gone", "\xff\xfenot a message");
  const absl::Status status = FromGrpcStatus(foreign);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "");
}

}  // namespace
}  // namespace adares
