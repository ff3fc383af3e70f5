// What `adares sweep show` says of a sweep's file.
#include "client/sweep_view.h"

#include <gmock/gmock.h>

namespace adares::client {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string Details(const v1::Sweep& sweep) {
  return SweepDetails(sweep, FromMicros(1'000'000), /*color=*/false);
}

TEST(SweepViewTest, TheScheduleTellsHowTrialsAreHandedOutAndStopped) {
  v1::Sweep sweep;
  v1::Schedule& schedule = *sweep.mutable_schedule();
  schedule.set_max_parallel(3);
  schedule.set_order(v1::Schedule::ORDER_VARIANT_MAJOR);
  schedule.mutable_timeout()->set_seconds(600);
  schedule.set_device("cuda");
  schedule.set_memory_bytes(int64_t{4} << 30);
  (*schedule.mutable_worker_labels())["rack"] = "a";
  (*schedule.mutable_retries())["worker-lost"] = 1;
  schedule.mutable_stop()->set_metric("validation/accuracy");
  schedule.mutable_stop()->set_above(0.95);
  schedule.mutable_stop()->set_after_epoch(3);
  EXPECT_THAT(Details(sweep),
              HasSubstr("at most 3 at a time; variant by variant; attempts up to 600 s; on cuda; "
                        "with 4096 MiB; on workers with rack=a; after worker-lost 1 retry; "
                        "stops early with validation/accuracy above 0.95 from epoch 3 on\n"));
}

TEST(SweepViewTest, AStopRuleMayLookBelowFromTheBeginning) {
  v1::Sweep sweep;
  sweep.mutable_schedule()->mutable_stop()->set_metric("train/loss");
  sweep.mutable_schedule()->mutable_stop()->set_below(0);
  EXPECT_THAT(Details(sweep), HasSubstr("stops early with train/loss below 0\n"));
  sweep.mutable_schedule()->clear_stop();
  EXPECT_THAT(Details(sweep), Not(HasSubstr("stops early")));
}

}  // namespace
}  // namespace adares::client
