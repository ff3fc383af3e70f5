// Keeps the events of a trial for a test to look at.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/trainer_protocol.h"
#include "worker/trainer/event_sink.h"

namespace adares {

class RecordingSink : public EventSink {
 public:
  // Called after each event was kept.
  std::function<void(const trainer_protocol::Event&)> on_event;

  void Send(const trainer_protocol::Event& event) override {
    events_.push_back(event);
    if (on_event) on_event(event);
  }

  const std::vector<trainer_protocol::Event>& events() const { return events_; }

  template <typename Kind>
  std::vector<Kind> All() const {
    std::vector<Kind> found;
    for (const auto& event : events_) {
      if (const auto* kind = std::get_if<Kind>(&event)) found.push_back(*kind);
    }
    return found;
  }

  // Values of one metric in the order they came.
  std::vector<double> Values(const std::string& key) const {
    std::vector<double> values;
    for (const auto& event : All<trainer_protocol::PointsEvent>()) {
      for (const MetricPoint& point : event.points) {
        if (point.key == key) values.push_back(point.value);
      }
    }
    return values;
  }

 private:
  std::vector<trainer_protocol::Event> events_;
};

// The lines of `events` without what may differ between two runs: progress, points of time/*, and
// the ready event.
inline std::vector<std::string> Repeatable(const std::vector<trainer_protocol::Event>& events) {
  std::vector<std::string> lines;
  for (trainer_protocol::Event event : events) {
    if (std::holds_alternative<trainer_protocol::ProgressEvent>(event)) continue;
    if (std::holds_alternative<trainer_protocol::ReadyEvent>(event)) continue;
    if (auto* points = std::get_if<trainer_protocol::PointsEvent>(&event)) {
      std::erase_if(points->points,
                    [](const MetricPoint& point) { return point.key.rfind("time/", 0) == 0; });
    }
    lines.push_back(trainer_protocol::Encode(event));
  }
  return lines;
}

}  // namespace adares
