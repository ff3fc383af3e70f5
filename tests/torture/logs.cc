#include "tests/torture/logs.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace adares::torture {
namespace {

// The disk takes everything here, and no database is restored. A checkpoint that the trainer
// removed for newer ones while its worker was frozen (event=checkpoint_lost) is no loss.
constexpr std::array kLosses = {"event=storing_failed",        "event=checkpoints_not_stored",
                                "event=blob_not_removed",      "event=records_sent_again",
                                "event=records_lost",          "event=order_unreadable",
                                "event=state_folder_failed",   "event=log_file_failed",
                                "event=instance_not_noted",    "event=metric_points_kept_out",
                                "event=skip_weights_kept_out", "event=rejected",
                                "event=blob_damaged"};

// Of "key=value", up to the next space.
std::optional<std::string> Value(const std::string& line, const std::string& key) {
  const size_t at = line.find(" " + key + "=");
  if (at == std::string::npos) return std::nullopt;
  const size_t begin = at + key.size() + 2;
  return line.substr(begin, line.find(' ', begin) - begin);
}

void TakeTrainerExit(const std::string& line, Logs& logs) {
  const auto sweep = Value(line, "sweep");
  const auto trial = Value(line, "trial");
  const auto attempt = Value(line, "attempt");
  const auto pid = Value(line, "pid");
  int number = 0;
  if (!sweep || !trial || !attempt || !pid || !absl::SimpleAtoi(*pid, &number)) return;
  logs.exited_trainers[absl::StrCat(*sweep, "/", *trial, "#", *attempt)].insert(number);
}

void ReadLog(const std::filesystem::path& path, Logs& logs) {
  std::ifstream log(path);
  for (std::string line; std::getline(log, line);) {
    if (line.find("event=trainer_exited") != std::string::npos) TakeTrainerExit(line, logs);
    const bool is_loss = std::any_of(kLosses.begin(), kLosses.end(), [&line](const char* loss) {
      return line.find(loss) != std::string::npos;
    });
    if (is_loss) logs.breaches.push_back(absl::StrCat(path.filename().string(), ": ", line));
  }
}

}  // namespace

Logs ReadLogs(const std::string& folder) {
  Logs logs;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string stem = entry.path().stem().string();
    const size_t dash = stem.find('-');
    if (entry.path().extension() != ".err" || dash == std::string::npos) continue;
    ++logs.starts[stem.substr(dash + 1)];
    ReadLog(entry.path(), logs);
  }
  return logs;
}

}  // namespace adares::torture
