// How many uploads an attempt may leave without a checkpoint that names them.
#include "server/artifacts/upload_quota.h"

#include <gtest/gtest.h>

#include "core/status.h"
#include "server/artifacts/blob_index.h"

namespace adares {
namespace {

class UploadQuotaTest : public testing::Test {
 protected:
  static std::string Blob(size_t number) { return "blob " + std::to_string(number); }

  // Begins so many uploads, all of which must be taken.
  void Fill(size_t count = UploadQuota::kMaxUnnamed) {
    for (size_t number = 0; number < count; ++number) {
      ASSERT_TRUE(quota_.Begin(id_, Blob(number), now_).ok()) << number;
    }
  }

  std::string ReasonOfNext() { return ErrorReason(quota_.Begin(id_, "next", now_)); }

  const AttemptId id_{"a", "0123456789ab", 1};
  Timestamp now_ = FromMicros(1'000'000);
  UploadQuota quota_;
};

TEST_F(UploadQuotaTest, OneMoreThanTheMostIsRefusedAndNamed) {
  Fill();
  const absl::Status refused = quota_.Begin(id_, "next", now_);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrorReason(refused), "UPLOADS_EXCESSIVE");
  EXPECT_NE(refused.message().find("attempt 1 of a/0123456789ab"), absl::string_view::npos);
}

TEST_F(UploadQuotaTest, AnUploadThatGoesOnCountsOnce) {
  Fill();
  EXPECT_TRUE(quota_.Begin(id_, Blob(7), now_).ok());
}

TEST_F(UploadQuotaTest, AttemptsCountForThemselves) {
  Fill();
  EXPECT_TRUE(quota_.Begin({"a", "0123456789ab", 2}, "next", now_).ok());
}

TEST_F(UploadQuotaTest, WhatACheckpointNamesCountsNoMore) {
  Fill();
  quota_.Named({{id_, {Blob(3)}}, {{"b", "x", 1}, {Blob(4)}}});
  EXPECT_EQ(ReasonOfNext(), "");
  EXPECT_EQ(ErrorReason(quota_.Begin(id_, "one too many", now_)), "UPLOADS_EXCESSIVE");
}

TEST_F(UploadQuotaTest, WhatWasDroppedCountsNoMore) {
  Fill();
  quota_.Forget(id_, Blob(3));
  EXPECT_EQ(ReasonOfNext(), "");
}

TEST_F(UploadQuotaTest, WhatIsOldCountsNoMoreUnlessSomebodyAskedForIt) {
  Fill();
  now_ += BlobIndex::kUnnamedFor / 2;
  for (size_t number = 1; number < UploadQuota::kMaxUnnamed; ++number) {
    quota_.Touch(id_, Blob(number), now_);
  }
  EXPECT_EQ(ReasonOfNext(), "UPLOADS_EXCESSIVE");
  now_ += BlobIndex::kUnnamedFor / 2;
  quota_.Expire(now_);
  EXPECT_EQ(ReasonOfNext(), "") << "the one that nobody asked for went";
  EXPECT_EQ(ErrorReason(quota_.Begin(id_, "one too many", now_)), "UPLOADS_EXCESSIVE");
}

}  // namespace
}  // namespace adares
