// Resource names: what is printed can be read, and nothing else can.
#include "rpc/names.h"

#include <gtest/gtest.h>

#include "core/status.h"

namespace adares {
namespace {

TEST(NamesTest, WhatIsPrintedCanBeRead) {
  EXPECT_EQ(*ParseSweepResource(SweepResource("quick-1")), "quick-1");
  EXPECT_EQ(*ParseWorkerResource(WorkerResource("gpu-7")), "gpu-7");
  EXPECT_EQ(*ParseTrialResource(TrialResource("quick", "0123456789ab")),
            (TrialName{"quick", "0123456789ab"}));
  EXPECT_EQ(ParseTrialResource("sweeps/-/trials/0123456789ab")->sweep, "-");
}

TEST(NamesTest, MalformedNamesAreRefusedWithTheFormThatWasExpected) {
  for (const char* name : {"", "sweeps/", "sweeps/Upper", "sweep/x", "sweeps/x/", "sweeps/-x"}) {
    const auto parsed = ParseSweepResource(name);
    EXPECT_EQ(ErrorReason(parsed.status()), reason::kArgumentInvalid) << name;
    EXPECT_NE(parsed.status().message().find("sweeps/{sweep}"), std::string::npos);
  }
  for (const char* name :
       {"sweeps/x", "sweeps/x/trials/", "sweeps/x/trials/0123456789AB", "sweeps/x/trials/0123",
        "sweeps//trials/0123456789ab", "trials/0123456789ab", "sweeps/x/trials/0123456789ab/y"}) {
    EXPECT_FALSE(ParseTrialResource(name).ok()) << name;
  }
  EXPECT_FALSE(ParseWorkerResource("workers/").ok());
}

TEST(NamesTest, ARefusalNamesTheFieldAndQuotesNoMegabytes) {
  const absl::Status refused = ParseTrialResource(std::string(1 << 20, 'x'), "trial").status();
  EXPECT_EQ(ErrorMetadata(refused).at("field"), "trial");
  EXPECT_LT(refused.message().size(), 300u);
  EXPECT_LT(ErrorMetadata(refused).at("name").size(), 300u);
}

}  // namespace
}  // namespace adares
