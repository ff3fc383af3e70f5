// Graphs for tensors on the CPU: what was captured is done again instead of being replayed.
#pragma once

#include <memory>

#include "worker/trainer/device_support.h"
#include "worker/trainer/device_update.h"

namespace adares {

class RecordedGraphs : public DeviceSupport {
 public:
  // Of the next captures: there is no memory for them.
  void RefuseToCapture() { refuses_ = true; }

  int captures() const { return captures_; }
  int replays() const { return replays_; }

  std::map<std::string, std::string> Facts() const override { return {}; }
  std::unique_ptr<StepGraph> NewGraph() const override { return std::make_unique<Graph>(*this); }
  void Update(UpdateRule rule, const UpdateTable& table, const StepSource& source) const override {
    UpdateOnHost(rule, table, source);
  }
  void ReleaseFreedMemory() const override {}

 private:
  class Graph : public StepGraph {
   public:
    explicit Graph(const RecordedGraphs& all) : all_(all) {}
    void Capture(const std::function<void()>& work) override {
      ++all_.captures_;
      if (all_.refuses_) TORCH_CHECK_WITH(OutOfMemoryError, false, "no memory for a graph");
      work_ = work;
    }
    void Replay() override {
      work_();
      ++all_.replays_;
    }

   private:
    const RecordedGraphs& all_;
    std::function<void()> work_;
  };
  bool refuses_ = false;
  mutable int captures_ = 0;
  mutable int replays_ = 0;
};

}  // namespace adares
