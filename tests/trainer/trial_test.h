// Whole trials in this process, on one thread.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "tests/trainer/recording_sink.h"
#include "tests/trainer/tiny_trial.h"
#include "worker/trainer/torch_runtime.h"
#include "worker/trainer/trial_runner.h"

namespace adares {

class TrialTest : public testing::Test {
 protected:
  TrialTest() { ConfigureTorch(1); }

  trainer_protocol::EndEvent Train(const TrialSpec& spec) {
    runner_.Run({Command(spec), stop_});
    return sink_.All<trainer_protocol::EndEvent>().back();
  }

  RecordingSink sink_;
  std::shared_ptr<std::atomic<bool>> stop_ = std::make_shared<std::atomic<bool>>(false);
  TrialRunner runner_{TrainerSetup{"test", "cpu", ""}, sink_};
};

}  // namespace adares
