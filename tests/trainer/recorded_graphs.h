// Graphs for tensors on the CPU: what was captured is done again instead of being replayed.
#pragma once

#include <memory>

#include "worker/trainer/device_support.h"
#include "worker/trainer/device_update.h"

namespace adares {

class RecordedGraphs : public DeviceSupport {
 public:
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
      work_ = work;
      ++all_.captures_;
    }
    void Replay() override {
      work_();
      ++all_.replays_;
    }

   private:
    const RecordedGraphs& all_;
    std::function<void()> work_;
  };
  mutable int captures_ = 0;
  mutable int replays_ = 0;
};

}  // namespace adares
