// What an attempt leaves behind: its log, and its records on their way to the coordinator.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/records.h"
#include "worker/agent/attempt_folders.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/event_loop.h"
#include "worker/agent/log_collector.h"
#include "worker/agent/outbox.h"

namespace adares::worker {

// Lives on the owner thread. The end is the last record, and is kept in memory: it reaches the
// coordinator even where the disk takes nothing any more.
class AttemptJournal {
 public:
  static constexpr Duration kLogInterval = std::chrono::milliseconds(200);
  // With names and lines as long as they may be, a record and a batch before it are below what a
  // coordinator takes in one report (core/report_limits.h).
  static constexpr size_t kMeasurementsPerRecord = 1000;
  static constexpr size_t kLogLinesPerRecord = 100;
  // Of a batch that has the end as well.
  static constexpr size_t kBytesBeforeEnd = 256 * 1024;

  struct Context {
    EventLoop& loop;
    const CoordinatorLink& link;
    AttemptFolders& folders;
  };
  struct Handlers {
    std::function<void()> added;                      // there is something to send
    std::function<void(const absl::Status&)> failed;  // once: records cannot be kept any more
    std::function<void()> log_file_failed;            // once: lines go on to the coordinator
  };

  AttemptJournal(AttemptId id, const Context& context, Handlers handlers);

  // Makes folder, log and spool. False after `failed`.
  bool Open();

  // Adds a record. After a failure and after the end it does nothing.
  void Add(const ReportRecord& record);

  // Takes what the trainer printed. After the end it goes to the log file only; beyond what the log
  // of an attempt may have, only the last lines go anywhere.
  void AddLog(std::string_view bytes);

  // Adds a line that is the worker's own, after what the trainer may have begun of one.
  void AddLogLine(std::string_view text);

  // Adds what is left of the log, then the end; with the last log lines where the attempt failed.
  void End(AttemptEnd end);

  // Whether all of it is acknowledged, the end included.
  bool drained() const { return end_known_; }

  // The next records to send. An error means that the spool cannot be read.
  absl::StatusOr<std::optional<ReportBatch>> NextBatch();
  void Rewind();
  absl::Status Acknowledge(int64_t sequence);

  // In the spool.
  int64_t records() const { return outbox_ ? outbox_->last_sequence() : 0; }

 private:
  absl::Status OpenFiles();
  absl::Status Append(const ReportRecord& record);
  void Fail(const absl::Status& status);
  void TookLog(const absl::Status& written);
  void NoteLogFile(const absl::Status& written);
  void FlushLog();
  bool HasRoomForEnd(const ReportBatch& batch) const;

  const AttemptId id_;
  const Context context_;
  const Handlers handlers_;
  std::optional<Outbox> outbox_;
  std::optional<LogCollector> log_;
  std::unique_ptr<EventLoop::Timer> log_timer_;
  bool failed_ = false;
  std::optional<std::string> end_;  // encoded; set by End
  bool end_sent_ = false;           // since the last Rewind
  bool end_known_ = false;          // to the coordinator, with all before it
};

}  // namespace adares::worker
