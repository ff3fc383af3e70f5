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
  if (log_) TookLog(log_->Append(bytes, context_.loop.WallNow()));
}

void AttemptJournal::AddLogLine(std::string_view text) {
  if (log_) TookLog(log_->AddOwnLine(text, context_.loop.WallNow()));
}

void AttemptJournal::TookLog(const absl::Status& written) {
  NoteLogFile(written);
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

void AttemptJournal::NoteLogFile(const absl::Status& written) {
  if (written.ok()) return;
  spdlog::warn("event=log_file_failed error={:?}", written.ToString());
  handlers_.log_file_failed();
}

void AttemptJournal::FlushLog() {
  log_timer_.reset();
  while (log_ && log_->pending() > 0) Add(log_->Take(kLogLinesPerRecord));
}

void AttemptJournal::End(AttemptEnd end) {
  if (end_) return;
  if (log_) NoteLogFile(log_->Finish(context_.loop.WallNow()));
  FlushLog();
  end = Fit(std::move(end));
  if (log_ && IsFailure(end.reason)) end.log_tail = log_->Tail();
  end_ = context_.link.Encode(std::move(end));
  handlers_.added();
}

absl::StatusOr<std::optional<ReportBatch>> AttemptJournal::NextBatch() {
  ReportBatch batch{id_, records() + 1, {}};
  if (outbox_) {
    ADARES_ASSIGN_OR_RETURN(Outbox::Batch spooled, outbox_->NextBatch());
    batch.first_sequence = spooled.first_sequence;
    batch.records = std::move(spooled.records);
  }
  if (end_ && !end_sent_ && HasRoomForEnd(batch)) {
    batch.records.push_back(*end_);
    end_sent_ = true;
  }
  if (batch.records.empty()) return std::nullopt;
  return batch;
}

// A whole batch before it would make a report that is larger than a coordinator takes.
bool AttemptJournal::HasRoomForEnd(const ReportBatch& batch) const {
  if (batch.first_sequence + std::ssize(batch.records) <= records()) return false;
  size_t bytes = 0;
  for (const std::string& record : batch.records) bytes += record.size();
  return bytes <= kBytesBeforeEnd;
}

void AttemptJournal::Rewind() {
  if (outbox_) outbox_->Rewind();
  end_sent_ = false;
}

absl::Status AttemptJournal::Acknowledge(int64_t sequence) {
  const bool of_end = end_ && sequence == records() + 1;
  const int64_t before = (outbox_ ? outbox_->acknowledged_sequence() : 0) + (end_known_ ? 1 : 0);
  // Not an answer that is late: on one stream they come in the order of the batches, and on the
  // next stream the first batch follows what is acknowledged.
  if (sequence < before) {
    spdlog::warn(
        "event=records_sent_again sweep={} trial={} attempt={} acknowledged={} now={} hint=\"the "
        "coordinator has an earlier database than before, perhaps a restored one\"",
        id_.sweep, id_.trial, id_.attempt, before, sequence);
    end_sent_ = false;
  }
  if (outbox_) {
    ADARES_RETURN_IF_ERROR(outbox_->Acknowledge(of_end ? records() : sequence));
  } else if (!of_end && sequence > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("record ", sequence, " was acknowledged, but there is none"));
  }
  end_known_ = of_end;
  return absl::OkStatus();
}

}  // namespace adares::worker
