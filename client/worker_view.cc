// The columns of `adares worker list`.
#include "client/worker_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/words.h"

namespace adares::client {
namespace {

Tone ToneOf(v1::Worker::State state) {
  if (state == v1::Worker::STATE_LOST) return Tone::kBad;
  if (state == v1::Worker::STATE_LEFT) return Tone::kFaint;
  return state == v1::Worker::STATE_BUSY ? Tone::kActive : Tone::kPlain;
}

bool IsGone(const v1::Worker& worker) {
  return worker.state() == v1::Worker::STATE_LOST || worker.state() == v1::Worker::STATE_LEFT;
}

// A worker that is set aside gets nothing, whether its slots are taken or not.
Cell StateCell(const v1::Worker& worker) {
  if (worker.has_cordon_time() && !IsGone(worker)) return {"cordoned", Tone::kBad};
  return {StateWord(worker.state()), ToneOf(worker.state())};
}

}  // namespace

std::string CordonNotes(const std::vector<v1::Worker>& workers) {
  std::string notes;
  for (const v1::Worker& worker : workers) {
    if (!worker.has_cordon_time()) continue;
    absl::StrAppend(&notes, ShortName(worker.name()), " is cordoned: ", worker.cordon_reason(),
                    "\n");
  }
  return notes;
}

Table WorkerTable(const std::vector<v1::Worker>& workers, Timestamp now) {
  Table table;
  table.columns = {{"NAME", false}, {"STATE", false},   {"BUSY", true}, {"DEVICE", false},
                   {"HOST", false}, {"VERSION", false}, {"SEEN", true}};
  for (const v1::Worker& worker : workers) {
    table.rows.push_back(
        {ShortName(worker.name()), StateCell(worker),
         absl::StrCat(worker.busy_slots(), "/", worker.slots()), worker.device(), worker.hostname(),
         worker.version(),
         worker.has_last_seen_time() ? ShowDuration(now - TimeOf(worker.last_seen_time())) : "-"});
  }
  return table;
}

std::vector<CsvRow> WorkerCsv(const std::vector<v1::Worker>& workers) {
  std::vector<CsvRow> rows = {{"name", "state", "busy_slots", "slots", "device", "hostname",
                               "version", "register_time", "last_seen_time", "cordon_time",
                               "cordon_reason", "memory_bytes", "datasets"}};
  for (const v1::Worker& worker : workers) {
    rows.push_back(
        {ShortName(worker.name()), StateWord(worker.state()), absl::StrCat(worker.busy_slots()),
         absl::StrCat(worker.slots()), worker.device(), worker.hostname(), worker.version(),
         IsoOrEmpty(worker.has_register_time(), worker.register_time()),
         IsoOrEmpty(worker.has_last_seen_time(), worker.last_seen_time()),
         IsoOrEmpty(worker.has_cordon_time(), worker.cordon_time()), worker.cordon_reason(),
         absl::StrCat(worker.memory_bytes()), absl::StrJoin(worker.datasets(), " ")});
  }
  return rows;
}

}  // namespace adares::client
