// Errors keep their code, reason and metadata on their way over the wire.
#include "rpc/grpc_status.h"

#include <gtest/gtest.h>

#include "core/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

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

TEST(GrpcStatusTest, LongTextsAreCutAsClientsTakeEightKibibytes) {
  std::string umlauts;
  while (umlauts.size() < 20'000) umlauts += "\u00fc";
  const absl::Status status =
      MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid, umlauts,
                {{"field", "name"}, {"known", umlauts}});
  const grpc::Status sent = ToGrpcStatus(status);
  EXPECT_LT(3 * sent.error_message().size() + 4 * sent.error_details().size() / 3, 8'000U);
  const absl::Status back = FromGrpcStatus(sent);
  EXPECT_EQ(ErrorMetadata(back).at("field"), "name");
  for (const std::string& text : {std::string(back.message()), ErrorMetadata(back).at("known")}) {
    EXPECT_TRUE(text.ends_with("\u00fc...")) << text;
    EXPECT_GT(text.size(), 900U);
  }
  EXPECT_FALSE(ToGrpcStatus(absl::InternalError(umlauts)).error_message().size() > 1'000);
}

// "FIELD: DESCRIPTION" of what a status tells as google.rpc.BadRequest; empty for none.
std::string ViolationOf(const absl::Status& status) {
  google::rpc::Status rich;
  rich.ParseFromString(ToGrpcStatus(status).error_details());
  for (const auto& detail : rich.details()) {
    google::rpc::BadRequest bad;
    if (!detail.UnpackTo(&bad)) continue;
    EXPECT_EQ(bad.field_violations_size(), 1);
    return bad.field_violations(0).field() + ": " + bad.field_violations(0).description();
  }
  return "";
}

TEST(GrpcStatusTest, TheFieldAtFaultIsToldAsAViolation) {
  EXPECT_EQ(ViolationOf(InvalidField("filter.trials", "too many")),
            "filter.trials: filter.trials: too many");
  const absl::Status file = MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                                      "a.yaml:3:7: unknown key", {{"line", "3"}});
  EXPECT_EQ(ViolationOf(file), "spec_text: a.yaml:3:7: unknown key");
  const absl::Status change = MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                                        "--set x=1: unknown", {{"override", "x=1"}});
  EXPECT_EQ(ViolationOf(change), "overrides: --set x=1: unknown");
}

TEST(GrpcStatusTest, OtherErrorsAreNoViolations) {
  EXPECT_EQ(ViolationOf(MakeError(absl::StatusCode::kNotFound, reason::kSweepNotFound, "none",
                                  {{"field", "name"}})),
            "");
  EXPECT_EQ(ViolationOf(MakeError(absl::StatusCode::kInvalidArgument, reason::kRequestIdReused,
                                  "of another call")),
            "");
}

TEST(GrpcStatusTest, DetailsOfOthersAreNotTakenForOurs) {
  const grpc::Status foreign(grpc::StatusCode::UNAVAILABLE, "gone", "\xff\xfenot a message");
  const absl::Status status = FromGrpcStatus(foreign);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorReason(status), "");
}

}  // namespace
}  // namespace adares
