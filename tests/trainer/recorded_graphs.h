// Graphs for tensors on the CPU: what was captured is done again instead of being replayed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "worker/trainer/device_support.h"
#include "worker/trainer/device_update.h"

namespace adares {

class RecordedGraphs : public DeviceSupport {
 public:
  // What the next captures do instead: throw.
  void RefuseToCapture(std::function<void()> refuse) { refuse_ = std::move(refuse); }

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
      if (all_.refuse_) all_.refuse_();
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
  std::function<void()> refuse_;
  mutable int captures_ = 0;
  mutable int replays_ = 0;
};

}  // namespace adares
