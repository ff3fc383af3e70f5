// The order of sites.
#include "server/store/site_order.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

namespace adares {
namespace {

using testing::ElementsAre;

TEST(SiteOrder, DigitsCountAsNumbers) {
  std::vector<std::string> sites = {"layer2.0", "layer1.10", "layer1.9", "layer10.0",
                                    "layer1.0", "layer1",    "conv1"};
  std::sort(sites.begin(), sites.end(), SiteBefore);
  EXPECT_THAT(sites, ElementsAre("conv1", "layer1", "layer1.0", "layer1.9", "layer1.10", "layer2.0",
                                 "layer10.0"));
}

TEST(SiteOrder, IsAStrictOrder) {
  EXPECT_FALSE(SiteBefore("layer1.0", "layer1.0"));
  EXPECT_FALSE(SiteBefore("layer1.00", "layer1.0"));
  EXPECT_FALSE(SiteBefore("layer1.0", "layer1.00"));
  EXPECT_TRUE(SiteBefore("", "a"));
  EXPECT_FALSE(SiteBefore("a", ""));
  EXPECT_TRUE(SiteBefore("layer99999999999999999998", "layer99999999999999999999"));
}

}  // namespace
}  // namespace adares
