#include "server/artifacts/file_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>

namespace adares {
namespace {

TEST(FilePoolTest, EverythingThatWasPostedRunsBeforeTheEnd) {
  std::atomic<int> done = 0;
  {
    FilePool pool(3);
    for (int i = 0; i < 100; ++i) {
      pool.Post([&] {
        ++done;
        pool.Post([&] { ++done; });
      });
    }
  }
  EXPECT_EQ(done, 200);
}

TEST(FilePoolTest, TooManyTasksAreRefused) {
  std::atomic<size_t> done = 0;
  {
    std::latch gate(1);
    std::latch begun(1);
    FilePool pool(1);
    pool.Post([&] {
      begun.count_down();
      gate.wait();
    });
    begun.wait();
    for (size_t i = 0; i < FilePool::kMaxWaiting; ++i) ASSERT_TRUE(pool.TryPost([&] { ++done; }));
    EXPECT_FALSE(pool.TryPost([&] { ++done; }));
    pool.Post([&] { ++done; });
    gate.count_down();
  }
  EXPECT_EQ(done, FilePool::kMaxWaiting + 1)
      << "what belongs to work under way is taken all the same";
}

}  // namespace
}  // namespace adares
