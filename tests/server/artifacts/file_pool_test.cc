#include "server/artifacts/file_pool.h"

#include <gtest/gtest.h>

#include <atomic>

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

}  // namespace
}  // namespace adares
