#include "worker/agent/attempt_journal.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/agent/fit_texts.h"

namespace adares::worker {
namespace {

bool IsFailure(EndReason reason) {
  return reason == EndReason::kError || reason == EndReason::kDiverged ||
         reason == EndReason::kOutOfMemory;
}

}  // namespace

AttemptJournal::AttemptJournal(AttemptId id, const Context& context, Handlers handlers)
    : id_(std::move(id)), context_(context), handlers_(std::move(handlers)) {}

bool AttemptJournal::Open() {
  const absl::Status opened = OpenFiles();
  if (!opened.ok()) Fail(opened);
  return opened.ok();
}

absl::Status AttemptJournal::OpenFiles() {
  ADARES_ASSIGN_OR_RETURN(const std::filesystem::path folder, context_.folders.Create(id_));
  ADARES_ASSIGN_OR_RETURN(log_, LogCollector::Create(folder / AttemptFolders::kLogFile));
  ADARES_ASSIGN_OR_RETURN(outbox_, Outbox::Open(folder / AttemptFolders::kSpoolFile));
  return absl::OkStatus();
}

void AttemptJournal::Add(const ReportRecord& record) {
  if (failed_ || end_) return;
  const absl::Status appended = Append(record);
  if (!appended.ok()) Fail(appended);
}

absl::Status AttemptJournal::Append(const ReportRecord& record) {
  ADARES_RETURN_IF_ERROR(outbox_->Append(context_.link.Encode(record)));
  handlers_.added();
  return absl::OkStatus();
}

void AttemptJournal::Fail(const absl::Status& status) {
  if (std::exchange(failed_, true)) return;
  handlers_.failed(status);
}

void AttemptJournal::AddLog(std::string_view bytes) {
  if (!log_) return;
  const absl::Status written = log_->Append(bytes, context_.loop.WallNow());
  if (!written.ok()) spdlog::warn("event=log_file_failed error={:?}", written.ToString());
  if (end_) {
    log_->Take(log_->pending());
    return;
  }
  if (log_->pending() >= kLogLinesPerRecord) {
    FlushLog();
  } else if (log_->pending() > 0 && !log_timer_) {
    log_timer_ = context_.loop.After(kLogInterval, [this] { FlushLog(); });
  }
}

void AttemptJournal::AddLogLine(std::string_view text) {
  const bool within = log_ && log_->is_within_line();
  AddLog(absl::StrCat(within ? "\n" : "", std::string(text), "\n"));
}

void AttemptJournal::FlushLog() {
  log_timer_.reset();
  while (log_ && log_->pending() > 0) Add(log_->Take(kLogLinesPerRecord));
}

void AttemptJournal::End(AttemptEnd end) {
  if (end_) return;
  if (log_) log_->Finish(context_.loop.WallNow());
  FlushLog();
  end = Fit(std::move(end));
  if (log_ && IsFailure(end.reason)) end.log_tail = log_->Tail();
  end_ = std::move(end);
  WriteEnd();
}

void AttemptJournal::WriteEnd() {
  absl::Status written = outbox_ ? absl::OkStatus() : OpenFiles();
  if (written.ok()) written = Append(*end_);
  if (written.ok()) {
    end_written_ = true;
    end_timer_.reset();
    return;
  }
  if (!end_timer_) {
    spdlog::error("event=end_not_written sweep={} trial={} attempt={} error={:?}", id_.sweep,
                  id_.trial, id_.attempt, written.ToString());
  }
  end_timer_ = context_.loop.After(kEndRetryInterval, [this] { WriteEnd(); });
}

bool AttemptJournal::drained() const { return end_written_ && outbox_->drained(); }

absl::StatusOr<std::optional<ReportBatch>> AttemptJournal::NextBatch() {
  if (!outbox_) return std::nullopt;
  ADARES_ASSIGN_OR_RETURN(Outbox::Batch batch, outbox_->NextBatch());
  if (batch.records.empty()) return std::nullopt;
  return ReportBatch{id_, batch.first_sequence, std::move(batch.records)};
}

void AttemptJournal::Rewind() {
  if (outbox_) outbox_->Rewind();
}

absl::Status AttemptJournal::Acknowledge(int64_t sequence) {
  if (!outbox_) return absl::OkStatus();
  // Not an answer that is late: on one stream they come in the order of the batches, and on the
  // next stream the first batch follows what is acknowledged.
  if (sequence < outbox_->acknowledged_sequence()) {
    spdlog::warn(
        "event=records_sent_again sweep={} trial={} attempt={} acknowledged={} now={} hint=\"the "
        "coordinator has an earlier database than before, perhaps a restored one\"",
        id_.sweep, id_.trial, id_.attempt, outbox_->acknowledged_sequence(), sequence);
  }
  return outbox_->Acknowledge(sequence);
}

}  // namespace adares::worker
