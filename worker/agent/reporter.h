// Keeps a report stream open and feeds it.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "worker/agent/backoff.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/event_loop.h"

namespace adares::worker {

// Lives on the owner thread.
class Reporter {
 public:
  struct Handlers {
    std::function<std::optional<ReportBatch>()> next;  // what to send; nullopt for nothing now
    std::function<void()> rewind;  // what is not acknowledged is to be sent again
    std::function<void(const ReportAnswer&)> answered;
  };

  Reporter(CoordinatorLink& link, EventLoop& loop, Handlers handlers);

  // Opens the stream, and again whenever it is lost. More calls do nothing.
  void Start();

  // There may be something to send.
  void Wake();

 private:
  void Open();
  void Send();
  void Answered(const ReportAnswer& answer);
  void Closed(const absl::Status& status);

  CoordinatorLink& link_;
  EventLoop& loop_;
  const Handlers handlers_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for callbacks under way
  Backoff backoff_;
  std::unique_ptr<EventLoop::Timer> open_timer_;    // until the next try to open
  std::unique_ptr<EventLoop::Timer> gather_timer_;  // until what has gathered is sent
  bool started_ = false;
  bool open_ = false;
  bool room_ = false;         // for the next batch
  bool loss_logged_ = false;  // once for each time that it answered
};

}  // namespace adares::worker
