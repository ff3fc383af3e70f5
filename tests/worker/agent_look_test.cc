// What the agent tells of its machine.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <memory>
#include <mutex>

#include "tests/worker/agent_fixture.h"
#include "tests/worker/captured_log.h"

namespace adares::worker {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// What looks find. Shared with threads that may outlive the test.
class Machine {
 public:
  // Looks that begin from now on find this.
  void Has(const std::set<std::string>& datasets) {
    const std::lock_guard lock(mutex_);
    datasets_ = datasets;
  }
  // Looks that begin from now on end only after Answer.
  void FallSilent() {
    const std::lock_guard lock(mutex_);
    answers_ = std::promise<void>();
    answered_ = answers_.get_future().share();
  }
  void Answer() { answers_.set_value(); }

  Capability Look() {
    std::unique_lock lock(mutex_);
    ++looks_;
    const std::shared_future<void> answered = answered_;
    lock.unlock();
    if (answered.valid()) answered.wait();
    lock.lock();
    return {"cpu", 0, {}, datasets_};
  }

  int looks() {
    const std::lock_guard lock(mutex_);
    return looks_;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> datasets_;
  std::promise<void> answers_;
  std::shared_future<void> answered_;
  int looks_ = 0;
};

class AgentLookTest : public AgentTest {
 protected:
  AgentLookTest() {
    options_.look = [machine = machine_] { return machine->Look(); };
  }

  void RunUntilRegistered(int times) {
    RunUntil([&] { return coordinator_.registrations() == times; });
  }

  // Until it has registered with these.
  void RunUntilKnown(const std::set<std::string>& datasets) {
    RunUntil([&] {
      const auto& registered = coordinator_.registered();
      return registered.has_value() && registered->datasets == datasets;
    });
  }

  // The loop waits for other threads.
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
      boost::asio::make_work_guard(io_);
  const std::shared_ptr<Machine> machine_ = std::make_shared<Machine>();
};

TEST_F(AgentLookTest, RegistersWithWhatItSees) {
  machine_->Has({"mnist"});
  StartAgent();
  RunUntilKnown({"mnist"});
}

TEST_F(AgentLookTest, TellsOfDataSetsThatCome) {
  StartAgent();
  RunUntil([&] { return coordinator_.syncs() > 0; });
  machine_->Has({"mnist"});
  RunFor(Agent::kLookPeriod);
  RunUntilKnown({"mnist"});
  const int registrations = coordinator_.registrations();
  RunFor(3 * Agent::kLookPeriod);
  EXPECT_EQ(coordinator_.registrations(), registrations) << "once";
}

TEST_F(AgentLookTest, AFolderThatDoesNotAnswerDelaysTheFirstRegistrationOnly) {
  machine_->FallSilent();
  machine_->Has({"mnist"});
  coordinator_.Offer(Work(Id()));
  const CapturedLog log;
  StartAgent();
  RunFor(Agent::kFirstLookLimit - seconds(1));
  EXPECT_EQ(coordinator_.registrations(), 0);
  RunUntilEnd(Id());
  EXPECT_EQ(coordinator_.End(Id())->reason, EndReason::kFinished);
  EXPECT_FALSE(coordinator_.registered().has_value()) << "nothing was seen";
  EXPECT_EQ(log.Count("data_folder_silent"), 1);
  machine_->Answer();
  RunUntilKnown({"mnist"});
}

TEST_F(AgentLookTest, AFolderThatFallsSilentHoldsNothingUp) {
  StartAgent();
  RunUntil([&] { return coordinator_.syncs() > 0; });
  machine_->FallSilent();
  const CapturedLog log;
  RunFor(Agent::kLookPeriod);
  RunUntil([&] { return machine_->looks() == 2; });
  const int syncs = coordinator_.syncs();
  RunFor(minutes(5));
  EXPECT_GE(coordinator_.syncs() - syncs, 59);
  EXPECT_EQ(log.Count("data_folder_silent"), 1);
  EXPECT_EQ(machine_->looks(), 2) << "one at a time";
  machine_->Has({"mnist"});
  machine_->Answer();
  RunUntilRegistered(2);
}

TEST_F(AgentLookTest, AWorkerLeavesWhileAFolderIsSilent) {
  machine_->FallSilent();
  StartAgent();
  RunFor(Agent::kFirstLookLimit);
  RunUntilRegistered(1);
  agent_->Drain();
  RunUntil([&] { return finished_.has_value(); });
  agent_.reset();  // returns
  machine_->Answer();
}

}  // namespace
}  // namespace adares::worker
