// The pool of readers.
#include "server/store/reader_pool.h"

#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <set>

#include "tests/server/store_fixture.h"

namespace adares {
namespace {

class ReaderPoolTest : public StoreTest {
 protected:
  std::unique_ptr<ReaderPool> NewPool(int threads) const {
    auto pool = ReaderPool::Open(path_, threads);
    EXPECT_TRUE(pool.ok()) << pool.status();
    return *std::move(pool);
  }
};

TEST_F(ReaderPoolTest, TasksReadOnTheirThreads) {
  Insert(MakePlan({}));
  constexpr int kThreads = 3;
  const auto pool = NewPool(kThreads);
  std::latch all_run(kThreads);  // passes only when three tasks run at a time
  std::latch done(kThreads);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<Reader*> readers;
  for (int i = 0; i < kThreads; ++i) {
    pool->Post([&](Reader& reader) {
      all_run.arrive_and_wait();
      EXPECT_TRUE(reader.GetSweep("sweep-a").ok());
      {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
        readers.insert(&reader);
      }
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(threads.size(), 3u);
  EXPECT_EQ(readers.size(), 3u);
  EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

TEST_F(ReaderPoolTest, ReadersSeeWhatIsCommittedMeanwhile) {
  const auto pool = NewPool(2);
  constexpr int kSweeps = 50;
  std::latch done(kSweeps);
  for (int i = 0; i < kSweeps; ++i) {
    const std::string name = "sweep-" + std::to_string(i);
    Insert(MakePlan({.name = name}));
    pool->Post([name, &done](Reader& reader) {
      EXPECT_TRUE(reader.GetSweep(name).ok()) << name;
      done.count_down();
    });
  }
  done.wait();
}

TEST_F(ReaderPoolTest, TheDestructorRunsWhatWasPosted) {
  std::atomic<int> runs = 0;
  auto pool = NewPool(2);
  for (int i = 0; i < 200; ++i) {
    pool->Post([&](Reader&) { ++runs; });
  }
  pool.reset();
  EXPECT_EQ(runs, 200);
}

TEST_F(ReaderPoolTest, TasksMayPostWhileThePoolCloses) {
  std::atomic<int> runs = 0;
  auto pool = NewPool(2);
  ReaderPool& posting = *pool;
  for (int i = 0; i < 20; ++i) {
    posting.Post([&](Reader&) { posting.Post([&](Reader&) { ++runs; }); });
  }
  pool.reset();
  EXPECT_EQ(runs, 20);
}

TEST_F(ReaderPoolTest, TooManyTasksAreRefused) {
  std::atomic<size_t> runs = 0;
  std::latch gate(1);
  std::latch begun(1);
  auto pool = NewPool(1);
  pool->Post([&](Reader&) {
    begun.count_down();
    gate.wait();
  });
  begun.wait();
  for (size_t i = 0; i < ReaderPool::kMaxWaiting; ++i) {
    ASSERT_TRUE(pool->TryPost([&](Reader&) { ++runs; }));
  }
  EXPECT_FALSE(pool->TryPost([&](Reader&) { ++runs; }));
  gate.count_down();
  pool.reset();
  EXPECT_EQ(runs, ReaderPool::kMaxWaiting);
}

TEST_F(ReaderPoolTest, AMissingFileIsAnError) {
  EXPECT_FALSE(ReaderPool::Open("/no/such/file.db", 2).ok());
}

}  // namespace
}  // namespace adares
