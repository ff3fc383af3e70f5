// The thread of what takes long: one after the other, bounded, and over when the server stops.
#include "server/maintenance/maintenance_thread.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <vector>

#include "core/status.h"

namespace adares {
namespace {

using testing::ElementsAre;

TEST(MaintenanceThreadTest, TasksRunOneAfterTheOther) {
  std::vector<int> order;
  std::promise<void> done;
  {
    MaintenanceThread thread;
    for (const int number : {1, 2, 3}) {
      ASSERT_TRUE(thread
                      .Post([&order, &done, number](const std::stop_token&) {
                        order.push_back(number);
                        if (number == 3) done.set_value();
                      })
                      .ok());
    }
    done.get_future().wait();
  }
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(MaintenanceThreadTest, NoMoreThanEightWait) {
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> ran = 0;
  MaintenanceThread thread;
  ASSERT_TRUE(thread
                  .Post([&](const std::stop_token&) {
                    begun.set_value();
                    go_on.get_future().wait();
                  })
                  .ok());
  begun.get_future().wait();
  for (size_t i = 0; i < MaintenanceThread::kMaxWaiting; ++i) {
    ASSERT_TRUE(thread.Post([&ran](const std::stop_token&) { ++ran; }).ok());
  }
  const absl::Status refused = thread.Post([&ran](const std::stop_token&) { ++ran; });
  EXPECT_EQ(ErrorReason(refused), reason::kMaintenanceBusy);
  go_on.set_value();
  std::promise<void> last;
  while (!thread.Post([&last](const std::stop_token&) { last.set_value(); }).ok()) {
  }
  last.get_future().wait();
  EXPECT_EQ(ran, static_cast<int>(MaintenanceThread::kMaxWaiting));
}

TEST(MaintenanceThreadTest, AStopReachesWhatRunsAndWhatWaits) {
  std::promise<void> begun;
  std::atomic<int> told = 0;
  {
    MaintenanceThread thread;
    ASSERT_TRUE(thread
                    .Post([&](const std::stop_token& stop) {
                      begun.set_value();
                      while (!stop.stop_requested()) std::this_thread::yield();
                      ++told;
                    })
                    .ok());
    begun.get_future().wait();
    ASSERT_TRUE(
        thread.Post([&](const std::stop_token& stop) { told += stop.stop_requested() ? 1 : 0; })
            .ok());
    thread.Stop();
    EXPECT_EQ(ErrorReason(thread.Post([](const std::stop_token&) {})), reason::kDraining);
  }
  EXPECT_EQ(told, 2);
}

TEST(MaintenanceThreadTest, ARoutineRunsAtOnceAndAgain) {
  std::promise<void> often;
  std::atomic<int> runs = 0;
  MaintenanceThread thread({std::chrono::milliseconds(1), [&](const std::stop_token&) {
                              if (++runs == 3) often.set_value();
                            }});
  often.get_future().wait();
}

TEST(MaintenanceThreadTest, WhatWasPostedDoesNotWaitForTheRoutine) {
  std::promise<void> posted;
  MaintenanceThread thread({std::chrono::hours(1), [](const std::stop_token&) {}});
  ASSERT_TRUE(thread.Post([&](const std::stop_token&) { posted.set_value(); }).ok());
  posted.get_future().wait();
}

}  // namespace
}  // namespace adares
