// What a report says of itself, read without its records.
#include "rpc/report_head.h"

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>

#include "core/report_limits.h"
#include "core/status.h"

namespace adares {
namespace {

absl::StatusOr<ReportHead> HeadOf(const std::string& bytes) {
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  return ReadReportHead(&stream);
}

v1::ReportRequest Request() {
  v1::ReportRequest request;
  request.set_worker("w");
  request.set_instance("i");
  request.set_trial("sweeps/a/trials/0123456789ab");
  request.set_attempt(3);
  request.set_first_sequence(int64_t{1} << 40);
  return request;
}

TEST(ReportHeadTest, SaysAllButTheRecordsAndCountsThem) {
  v1::ReportRequest request = Request();
  request.add_records()->mutable_progress()->set_step(7);
  request.add_records();
  const auto head = HeadOf(request.SerializeAsString());
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->records, 2);
  EXPECT_EQ(head->request.SerializeAsString(), Request().SerializeAsString());
}

TEST(ReportHeadTest, FieldsOfLaterVersionsArePassedOver) {
  const auto head = HeadOf(Request().SerializeAsString() + "\x78\x05\x7a\x02xy");
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->request.attempt(), 3);
}

TEST(ReportHeadTest, WhatIsCutOffIsRefused) {
  v1::ReportRequest request = Request();
  request.add_records()->mutable_progress()->set_step(7);
  const std::string bytes = request.SerializeAsString();
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto head = HeadOf(bytes.substr(0, size));
    v1::ReportRequest whole;
    EXPECT_EQ(head.ok(), whole.ParseFromString(bytes.substr(0, size))) << size;
    if (head.ok()) continue;
    EXPECT_EQ(ErrorReason(head.status()), reason::kArgumentInvalid);
    ++refused;
  }
  EXPECT_GT(refused, 0);
}

TEST(ReportHeadTest, LongNamesAndWhatIsNoTextAreRefused) {
  v1::ReportRequest request = Request();
  request.set_worker(std::string(kMaxNameBytes + 1, 'w'));
  EXPECT_FALSE(HeadOf(request.SerializeAsString()).ok());
  EXPECT_FALSE(HeadOf("\x0a\x02\xff\xfe").ok());
}

}  // namespace
}  // namespace adares
