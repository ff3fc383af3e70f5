#include "client/server_diagnosis.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/number_format.h"
#include "client/problem.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/sweep_view.h"
#include "client/words.h"

namespace adares::client {
namespace {

using Verdict = Diagnosis::Verdict;

// Leases are the coordinator's clock alone; ages that are shown, and logs that are compared, are
// not.
constexpr Duration kSmallSkew = std::chrono::seconds(2);
constexpr Duration kLargeSkew = std::chrono::minutes(5);
constexpr int64_t kNoRoom = 256'000'000;
constexpr int64_t kLittleRoom = 2'000'000'000;
constexpr int64_t kLargeLog = 1'000'000'000;
// A worker that has been silent for longer is no news: its machine was given up.
constexpr Duration kLostLately = std::chrono::hours(24);
constexpr size_t kNamedWorkers = 5;
constexpr size_t kNamedSweeps = 3;

Diagnosis DiagnoseVersion(const std::string& theirs, const std::string& ours) {
  if (theirs == ours) return {"version", Verdict::kOk, ours, ""};
  return {"version", Verdict::kWarning,
          absl::StrCat("the coordinator has ", theirs, ", this program ", ours),
          "install the same version on both"};
}

Diagnosis DiagnoseClock(const ServerAnswers& answers) {
  const Timestamp theirs = TimeOf(answers.info.current_time());
  // The clock was read somewhere between the question and the answer.
  const Duration ahead = std::max({Duration(0), theirs - answers.answered_at});
  const Duration behind = std::max({Duration(0), answers.asked_at - theirs});
  const Duration skew = std::max(ahead, behind);
  const std::string what =
      skew == Duration(0)
          ? "as this machine's"
          : absl::StrCat("the coordinator's is ", ShowDuration(skew),
                         ahead > Duration(0) ? " ahead of" : " behind", " this machine's");
  if (skew < kSmallSkew) return {"clock", Verdict::kOk, what, ""};
  return {"clock", skew < kLargeSkew ? Verdict::kWarning : Verdict::kError, what,
          "set both by NTP, for example with systemd-timesyncd: timedatectl set-ntp true"};
}

Diagnosis DiagnoseCommits(const v1::CheckHealthResponse& health) {
  if (health.draining()) {
    return {"commits", Verdict::kWarning, "the coordinator is going down", "start it again"};
  }
  if (!health.loop_moving()) {
    return {"commits", Verdict::kError, "the coordinator has not moved for seconds",
            "see its log, and whether its disk answers"};
  }
  if (!health.last_commit_succeeded()) {
    return {"commits", Verdict::kError, "the last one failed",
            "see the coordinator's log: its disk is full, or another program holds the database"};
  }
  return {"commits", Verdict::kOk, "succeed", ""};
}

Diagnosis DiagnoseLog(const v1::DatabaseInfo& database) {
  const std::string what =
      absl::StrCat(ShowBytes(database.bytes()), " and a log of ", ShowBytes(database.wal_bytes()));
  if (database.wal_bytes() < kLargeLog) return {"database", Verdict::kOk, what, ""};
  return {"database", Verdict::kWarning, what,
          "a program reads the database and does not end: look for a forgotten sqlite3 shell"};
}

std::vector<std::string> OtherVersions(const std::vector<v1::Worker>& workers,
                                       const std::string& version) {
  std::vector<std::string> others;
  for (const v1::Worker& worker : workers) {
    const bool is_gone =
        worker.state() == v1::Worker::STATE_LOST || worker.state() == v1::Worker::STATE_LEFT;
    if (!is_gone && worker.version() != version) {
      others.push_back(absl::StrCat(ShortName(worker.name()), " has ", worker.version()));
    }
  }
  return others;
}

// The part of an address before its port.
std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

bool IsLoopback(const std::string& address) {
  const std::string host = HostOf(address);
  return address.starts_with("unix:") || host == "localhost" || host == "[::1]" ||
         host.starts_with("127.");
}

// All addresses of a machine, which is a place to listen at but none to call.
bool IsWildcard(const std::string& address) {
  const std::string host = HostOf(address);
  return host == "0.0.0.0" || host == "[::]" || host == "*";
}

// With an address that a worker can call. Where this program has one that only works on its own
// machine, those of others need the coordinator's name, which nobody knows here.
std::string StartOne(const ServerAnswers& answers) {
  const std::string& ours = answers.address;
  const std::string& listens = answers.info.options().listen_address();
  const bool is_here = IsLoopback(ours) || IsWildcard(ours);
  const std::string command = "adares-worker --server ";
  if (is_here && IsLoopback(listens)) {
    return absl::StrCat("start one on the coordinator's machine: ", command, listens,
                        "; it listens for no other (--listen)");
  }
  const std::string each = "start one on each machine that trains: " + command;
  if (!is_here) return each + ours;
  if (!IsWildcard(listens)) return each + listens;
  return absl::StrCat(each, "HOST", listens.substr(listens.rfind(':')),
                      ", where HOST is the coordinator's machine");
}

bool IsLostLately(const v1::Worker& worker, Timestamp now) {
  return worker.state() == v1::Worker::STATE_LOST &&
         now - TimeOf(worker.last_seen_time()) < kLostLately;
}

// "w3 silent for 5m00s", the first few; empty where none is lost lately. One that came back under
// its name is not lost.
std::string LostLately(const ServerAnswers& answers) {
  const Timestamp now = TimeOf(answers.info.current_time());
  std::vector<std::string> lost;
  size_t more = 0;
  for (const v1::Worker& worker : answers.workers) {
    if (!IsLostLately(worker, now)) continue;
    if (lost.size() == kNamedWorkers) {
      ++more;
      continue;
    }
    lost.push_back(absl::StrCat(ShortName(worker.name()), " silent for ",
                                ShowDuration(now - TimeOf(worker.last_seen_time()))));
  }
  if (more > 0) lost.push_back(absl::StrCat(more, " more"));
  return absl::StrJoin(lost, ", ");
}

Diagnosis DiagnoseWorkers(const ServerAnswers& answers) {
  const v1::ContentCounts& counts = answers.info.counts();
  const std::string lost = LostLately(answers);
  const std::string what = absl::StrCat(
      Plural(counts.live_workers(), "worker"), " with ", Plural(counts.slots(), "slot"),
      counts.live_workers() == 0 ? ", nothing is trained" : "", lost.empty() ? "" : "; ", lost);
  if (counts.live_workers() == 0) return {"workers", Verdict::kWarning, what, StartOne(answers)};
  if (!lost.empty()) {
    return {"workers", Verdict::kWarning, what,
            "see the journals of their machines, and start them again; a day after it was lost a "
            "worker is no longer named here"};
  }
  const auto others = OtherVersions(answers.workers, answers.info.version());
  if (!others.empty()) {
    return {"workers", Verdict::kWarning, absl::StrCat(what, "; ", absl::StrJoin(others, ", ")),
            absl::StrCat("install ", answers.info.version(), ", the coordinator's version, there")};
  }
  return {"workers", Verdict::kOk, what, ""};
}

std::string WayOutOf(v1::PendingReason::Cause cause) {
  switch (cause) {
    case v1::PendingReason::CAUSE_CORDONED:
      return "take a worker back: adares worker uncordon WORKER";
    case v1::PendingReason::CAUSE_UNREADABLE:
      return "install the version of adares-server that wrote it, or cancel the sweep";
    default:
      return "give a worker what they need, or correct the sweep and submit it under another name";
  }
}

// Trials that no worker can run, but for there being none, which is said of the workers.
Diagnosis DiagnoseTrials(const absl::StatusOr<std::vector<v1::Sweep>>& sweeps) {
  if (!sweeps.ok()) {
    return {"trials", Verdict::kError,
            absl::StrCat("sweeps cannot be listed: ", std::string(sweeps.status().message())),
            "adares db check says what is wrong with the database"};
  }
  std::vector<std::string> waiting;
  std::string way_out;
  size_t more = 0;
  for (const v1::Sweep& sweep : *sweeps) {
    for (const v1::PendingReason& pending : sweep.pending()) {
      if (pending.cause() == v1::PendingReason::CAUSE_NO_WORKER) continue;
      if (waiting.size() == kNamedSweeps) {
        ++more;
        continue;
      }
      waiting.push_back(absl::StrCat(ShortName(sweep.name()), ": ", PendingText(pending)));
      if (way_out.empty()) way_out = WayOutOf(pending.cause());
    }
  }
  if (waiting.empty()) return {"trials", Verdict::kOk, "none waits for what no worker has", ""};
  if (more > 0) waiting.push_back(absl::StrCat(more, " more"));
  return {"trials", Verdict::kWarning, absl::StrJoin(waiting, "; "), way_out};
}

Volume VolumeOf(const v1::VolumeInfo& info) {
  Volume volume;
  volume.file_system = info.file_system();
  volume.free_bytes = info.free_bytes();
  volume.total_bytes = info.total_bytes();
  volume.kind = info.kind() == v1::VolumeInfo::KIND_LOCAL     ? VolumeKind::kLocal
                : info.kind() == v1::VolumeInfo::KIND_NETWORK ? VolumeKind::kNetwork
                : info.kind() == v1::VolumeInfo::KIND_MEMORY  ? VolumeKind::kMemory
                                                              : VolumeKind::kUnknown;
  return volume;
}

Diagnosis DiagnoseKind(const std::string& check, const std::string& place, const Volume& volume) {
  const std::string what = absl::StrCat(place, " is on ", volume.file_system);
  switch (volume.kind) {
    case VolumeKind::kLocal:
      return {check, Verdict::kOk, what, ""};
    case VolumeKind::kNetwork:
      return {check, Verdict::kError, what + ", a network file system",
              "move it to a local disk: SQLite's files are damaged where locks do not hold"};
    case VolumeKind::kMemory:
      return {check, Verdict::kWarning, what + ": it is lost when the machine restarts",
              "take a folder on a disk with --state"};
    case VolumeKind::kUnknown:
      break;
  }
  return {check, Verdict::kWarning, what + ", of which it is not known where it is",
          "make sure that it is a local disk"};
}

Diagnosis DiagnoseRoom(const std::string& check, const std::string& place, const Volume& volume,
                       int64_t database_bytes) {
  const std::string what = absl::StrCat(place, " has ", ShowBytes(volume.free_bytes), " free of ",
                                        ShowBytes(volume.total_bytes));
  if (volume.free_bytes < kNoRoom) {
    return {check, Verdict::kError, what, "make room: once it is full nothing more can be stored"};
  }
  if (volume.free_bytes < std::max(kLittleRoom, database_bytes)) {
    return {check, Verdict::kWarning, what,
            "make room: a backup or a migration needs as much as the database has"};
  }
  return {check, Verdict::kOk, what, ""};
}

}  // namespace

std::vector<Diagnosis> DiagnoseVolume(const std::string& check, const std::string& place,
                                      const Volume& volume, int64_t database_bytes) {
  return {DiagnoseKind(check + " folder", place, volume),
          DiagnoseRoom(check + " room", place, volume, database_bytes)};
}

std::vector<Diagnosis> DiagnoseServer(const ServerAnswers& answers, const std::string& version) {
  std::vector<Diagnosis> found = {DiagnoseVersion(answers.info.version(), version),
                                  DiagnoseClock(answers), DiagnoseCommits(answers.health),
                                  DiagnoseLog(answers.info.database())};
  for (Diagnosis& diagnosis :
       DiagnoseVolume("coordinator's", answers.info.state_folder(), VolumeOf(answers.info.volume()),
                      answers.info.database().bytes())) {
    found.push_back(std::move(diagnosis));
  }
  found.push_back(DiagnoseWorkers(answers));
  found.push_back(DiagnoseTrials(answers.sweeps));
  return found;
}

Diagnosis DiagnoseAbsence(const absl::Status& status, const std::string& address, bool is_named) {
  const Problem problem = DescribeProblem(status, {.server = address});
  if (is_named || !absl::IsUnavailable(status)) {
    return {"coordinator", Verdict::kError, problem.what, problem.hint};
  }
  return {"coordinator", Verdict::kSkipped,
          absl::StrCat("none at ", address, ", and none is named; `adares run` needs none"), ""};
}

}  // namespace adares::client
