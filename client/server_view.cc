#include "client/server_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/json.h"
#include "client/number_format.h"
#include "client/resource_time.h"
#include "client/table.h"
#include "client/words.h"

namespace adares::client {
namespace {

Duration DurationOf(const google::protobuf::Duration& duration) {
  return Duration(duration.seconds() * 1'000'000 + duration.nanos() / 1'000);
}

// "3 running, 1 queued", the most first; what is 0 is left out.
std::string CountsText(const google::protobuf::Map<std::string, int64_t>& counts) {
  std::vector<std::pair<int64_t, std::string>> sorted;
  for (const auto& [word, count] : counts) {
    if (count > 0) sorted.emplace_back(-count, word);
  }
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> parts;
  for (const auto& [count, word] : sorted) parts.push_back(absl::StrCat(-count, " ", word));
  return parts.empty() ? "none" : absl::StrJoin(parts, ", ");
}

std::string WorkersText(const v1::ContentCounts& counts) {
  std::string text = absl::StrCat(counts.live_workers(), " alive");
  if (counts.lost_workers() > 0) absl::StrAppend(&text, ", ", counts.lost_workers(), " lost");
  return absl::StrCat(text, "; ", counts.busy_slots(), " of ", counts.slots(), " slots busy");
}

std::string OptionsText(const v1::ServerOptions& options) {
  std::string text = absl::StrCat(
      "lease ", ShowDuration(DurationOf(options.lease_duration())), ", sync every ",
      ShowDuration(DurationOf(options.sync_interval())), ", ", Plural(options.readers(), "reader"));
  absl::StrAppend(&text, ", ",
                  options.has_retention()
                      ? "deletes after " + ShowDuration(DurationOf(options.retention()))
                      : "keeps everything");
  if (options.insecure()) text += ", insecure";
  return text;
}

std::string LimitsText(const v1::ServerLimits& limits) {
  return absl::StrCat(
      "messages ", ShowBytes(limits.message_bytes()), ", pages ", limits.page_size(), " and ",
      limits.series_page_size(), ", records ", limits.points_per_record(), " points or ",
      limits.log_lines_per_record(), " lines of ", ShowBytes(limits.log_line_bytes()), "; reports ",
      ShowBytes(limits.report_bytes()), " and ", limits.records_per_report(), " records; sweeps ",
      ShowBytes(limits.sweep_file_bytes()), " and ", limits.trials_per_sweep(), " trials of ",
      limits.metric_keys_per_trial(), " metrics and ", limits.sites_per_trial(), " sites; ",
      limits.changes_per_second(), " changes a second from one machine; ",
      limits.connected_workers(), " workers, ", limits.unnamed_uploads_per_attempt(),
      " unnamed uploads of an attempt; ", limits.calls_per_connection(), " calls a connection, ",
      limits.streams_per_kind(), " streams of a kind");
}

int64_t CountOf(const google::protobuf::Map<std::string, int64_t>& counts) {
  int64_t sum = 0;
  for (const auto& [word, count] : counts) sum += count;
  return sum;
}

Cell YesOrNo(bool value, bool is_good) {
  return {value ? "yes" : "no", value == is_good ? Tone::kGood : Tone::kBad};
}

}  // namespace

std::string ServerInfoText(const v1::ServerInfo& info, Timestamp now, bool color) {
  const v1::DatabaseInfo& database = info.database();
  const v1::VolumeInfo& volume = info.volume();
  return RenderFields(
      {{"Version", info.version()},
       {"Started", absl::StrCat(IsoTime(TimeOf(info.start_time())), " (",
                                ShowDuration(now - TimeOf(info.start_time())), " ago)")},
       {"State folder", info.state_folder()},
       {"Database",
        absl::StrCat(ShowBytes(database.bytes()), " and a log of ", ShowBytes(database.wal_bytes()),
                     ", schema ", database.schema_version())},
       {"Checkpoints", absl::StrCat(Plural(info.counts().blobs(), "file"), ", ",
                                    ShowBytes(info.counts().blob_bytes()))},
       {"Volume", absl::StrCat(volume.file_system(), ", ", ShowBytes(volume.free_bytes()),
                               " free of ", ShowBytes(volume.total_bytes()))},
       {"Sweeps", CountsText(info.counts().sweeps())},
       {"Trials", CountsText(info.counts().trials())},
       {"Workers", WorkersText(info.counts())},
       {"Listens", absl::StrCat(info.options().listen_address(),
                                info.options().http_address().empty() ? "" : ", pages on ",
                                info.options().http_address())},
       {"Options", OptionsText(info.options())},
       {"Limits", LimitsText(info.limits())}},
      color);
}

std::vector<CsvRow> ServerInfoCsv(const v1::ServerInfo& info) {
  return {
      {"version", "schema_version", "start_time", "state_folder", "database_bytes", "wal_bytes",
       "file_system", "volume_free_bytes", "sweeps", "trials", "live_workers", "lost_workers",
       "blobs", "blob_bytes"},
      {info.version(), absl::StrCat(info.database().schema_version()),
       IsoTime(TimeOf(info.start_time())), info.state_folder(),
       absl::StrCat(info.database().bytes()), absl::StrCat(info.database().wal_bytes()),
       info.volume().file_system(), absl::StrCat(info.volume().free_bytes()),
       absl::StrCat(CountOf(info.counts().sweeps())), absl::StrCat(CountOf(info.counts().trials())),
       absl::StrCat(info.counts().live_workers()), absl::StrCat(info.counts().lost_workers()),
       absl::StrCat(info.counts().blobs()), absl::StrCat(info.counts().blob_bytes())}};
}

std::string HealthText(const ServerHealth& server, Timestamp now, bool color) {
  const v1::CheckHealthResponse& health = server.health;
  const std::string commit_age =
      health.has_last_commit_time()
          ? absl::StrCat(", the last one that succeeded ",
                         ShowDuration(now - TimeOf(health.last_commit_time())), " ago")
          : "";
  return RenderFields(
      {{"Healthy", YesOrNo(server.IsSound(), true)},
       {"Serving", server.serving ? YesOrNo(*server.serving, true) : Cell()},
       {"Loop",
        {health.loop_moving() ? "moving" : "stalled",
         health.loop_moving() ? Tone::kGood : Tone::kBad}},
       {"Commits",
        {absl::StrCat(health.last_commit_succeeded() ? "succeed" : "fail", commit_age),
         health.last_commit_succeeded() ? Tone::kGood : Tone::kBad}},
       {"Going down", YesOrNo(health.draining(), false)}},
      color);
}

std::vector<CsvRow> HealthCsv(const ServerHealth& server) {
  const auto word = [](bool value) { return std::string(value ? "true" : "false"); };
  const v1::CheckHealthResponse& health = server.health;
  return {{"healthy", "serving", "loop_moving", "last_commit_succeeded", "last_commit_time",
           "draining"},
          {word(server.IsSound()), server.serving ? word(*server.serving) : "",
           word(health.loop_moving()), word(health.last_commit_succeeded()),
           IsoOrEmpty(health.has_last_commit_time(), health.last_commit_time()),
           word(health.draining())}};
}

std::string HealthJson(const ServerHealth& server) {
  const char* serving = !server.serving ? "null" : *server.serving ? "true" : "false";
  return JsonLineWith("serving", serving, server.health) + "\n";
}

}  // namespace adares::client
