// What makes a call count once.
#include "rpc/request_key.h"

#include <gtest/gtest.h>

#include "adares/v1/sweep_service.pb.h"
#include "adares/v1/trial_service.pb.h"
#include "core/status.h"

namespace adares {
namespace {

TEST(RequestKeyTest, HasTheIdTheTypeAndADigestOfAllElse) {
  v1::CancelSweepRequest request;
  request.set_name("sweeps/a");
  request.set_request_id("id-1");
  const auto key = RequestKeyOf(request);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->id, "id-1");
  EXPECT_EQ(key->method, "CancelSweepRequest");
  EXPECT_EQ(key->digest.size(), 64U);
  v1::CancelSweepRequest other = request;
  other.set_request_id("id-2");
  EXPECT_EQ(RequestKeyOf(other)->digest, key->digest) << "the id is not part of it";
  other.set_name("sweeps/b");
  EXPECT_NE(RequestKeyOf(other)->digest, key->digest);
}

TEST(RequestKeyTest, EqualMapsGiveEqualDigests) {
  v1::ControlTrialsRequest forward;
  v1::ControlTrialsRequest backward;
  forward.set_request_id("x");
  backward.set_request_id("x");
  for (int i = 0; i < 50; ++i) {
    (*forward.mutable_filter()->mutable_axes())[std::to_string(i)] = "v";
    (*backward.mutable_filter()->mutable_axes())[std::to_string(49 - i)] = "v";
  }
  EXPECT_EQ(RequestKeyOf(forward)->digest, RequestKeyOf(backward)->digest);
}

TEST(RequestKeyTest, AnIdOfOtherCharactersIsRefused) {
  v1::CancelSweepRequest request;
  EXPECT_EQ(RequestKeyOf(request)->id, "") << "none is none";
  for (const std::string& id : {std::string("a b"), std::string("ä"), std::string(65, 'a')}) {
    request.set_request_id(id);
    EXPECT_EQ(ErrorReason(RequestKeyOf(request).status()), reason::kArgumentInvalid) << id;
  }
  request.set_request_id(std::string(64, 'A'));
  EXPECT_TRUE(RequestKeyOf(request).ok());
}

}  // namespace
}  // namespace adares
