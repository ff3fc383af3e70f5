// What a worker keeps of an attempt: a spool with any bytes in it is read as whole records, keeps
// what is added, and survives being opened again; a log of any bytes becomes lines that a
// coordinator takes.
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "core/report_limits.h"
#include "core/utf8.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scratch_folder.h"
#include "worker/agent/fit_texts.h"
#include "worker/agent/log_collector.h"
#include "worker/agent/outbox.h"

namespace adares::worker {
namespace {

using fuzz::Require;

std::vector<std::string> All(Outbox& outbox) {
  std::vector<std::string> records;
  for (;;) {
    absl::StatusOr<Outbox::Batch> batch = outbox.NextBatch();
    Require(batch.ok(), "a spool can be read");
    if (batch->records.empty()) return records;
    Require(batch->first_sequence == static_cast<int64_t>(records.size()) + 1, "in order");
    Require(batch->records.size() <= 3, "in batches that are small enough");
    for (std::string& record : batch->records) records.push_back(std::move(record));
    Require(outbox.Acknowledge(static_cast<int64_t>(records.size())).ok(), "what was sent");
  }
}

Outbox Open(const std::filesystem::path& path) {
  absl::StatusOr<Outbox> outbox =
      Outbox::Open(path, {.batch_bytes = 64, .batch_records = 3, .unacknowledged_bytes = 4'096});
  Require(outbox.ok(), "any spool can be opened");
  return *std::move(outbox);
}

void TrySpool(const std::string& bytes) {
  const std::filesystem::path path = fuzz::ScratchFolder() / "spool";
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  Outbox outbox = Open(path);
  const int64_t found = outbox.last_sequence();
  Require(outbox.Append("one more").ok(), "it takes another");
  const std::vector<std::string> records = All(outbox);
  Require(static_cast<int64_t>(records.size()) == found + 1 && records.back() == "one more",
          "and gives all");
  Require(outbox.drained(), "then nothing is left");
  Outbox again = Open(path);
  Require(All(again) == records, "they are there when it is opened again");
}

void RequireLines(const std::vector<LogLine>& lines, int64_t& last) {
  for (const LogLine& line : lines) {
    Require(line.number == ++last, "lines are numbered without gaps");
    Require(line.text.size() <= LogCollector::kMaxLineBytes, "a line is not too long");
    Require(IsUtf8(line.text) && line.text.find('\n') == std::string::npos, "a line is a line");
  }
}

// Every byte before a chunk says how long it is.
void TryLog(const std::string& bytes) {
  absl::StatusOr<LogCollector> log = LogCollector::Create(fuzz::ScratchFolder() / "log");
  Require(log.ok(), "a log can be made");
  int64_t last = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t length = size_t{static_cast<unsigned char>(bytes[at])} * 37;
    Require(log->Append(std::string_view(bytes).substr(at + 1, length), Timestamp()).ok(),
            "written");
    RequireLines(log->Take(3), last);
    at += 1 + length;
  }
  log->Finish(Timestamp());
  RequireLines(log->Take(log->pending()), last);
  const std::vector<std::string> tail = log->Tail();
  Require(tail.size() == std::min<size_t>(static_cast<size_t>(last), kMaxLogTailLines),
          "the tail has the last lines");
}

void TryTexts(const std::string& bytes) {
  for (const size_t limit : {size_t{1}, size_t{7}, kMaxNameBytes}) {
    const std::string fit = FitText(bytes, limit);
    Require(fit.size() <= limit && IsUtf8(fit), "a text fits");
    if (bytes.size() <= limit && IsUtf8(bytes) && bytes.find('\0') == std::string::npos) {
      Require(fit == bytes, "one that fits stays");
    }
  }
}

}  // namespace
}  // namespace adares::worker

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(data, data + size);
  adares::worker::TrySpool(bytes);
  adares::worker::TryLog(bytes);
  adares::worker::TryTexts(bytes);
  return 0;
}
