// JSON by the rules of the other commands: camelCase, 64-bit integers as strings.
#include "client/data_view.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/json.h"
#include "client/number_format.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

using nlohmann::ordered_json;

constexpr size_t kShownDigits = 16;

std::string StateWord(DatasetPresence::State state) {
  switch (state) {
    case DatasetPresence::State::kBuiltIn:
      return "built-in";
    case DatasetPresence::State::kComplete:
      return "complete";
    case DatasetPresence::State::kPacked:
      return "packed";
    case DatasetPresence::State::kIncomplete:
      return "incomplete";
    case DatasetPresence::State::kAbsent:
      break;
  }
  return "absent";
}

Tone ToneOf(DatasetPresence::State state) {
  if (state == DatasetPresence::State::kComplete) return Tone::kGood;
  if (state == DatasetPresence::State::kAbsent) return Tone::kFaint;
  return state == DatasetPresence::State::kBuiltIn ? Tone::kPlain : Tone::kBad;
}

std::string StateWord(FileVerdict::State state) {
  switch (state) {
    case FileVerdict::State::kAsPublished:
      return "as-published";
    case FileVerdict::State::kSound:
      return "sound";
    case FileVerdict::State::kDiffers:
      return "differs";
    case FileVerdict::State::kBroken:
      return "broken";
    case FileVerdict::State::kMissing:
      break;
  }
  return "missing";
}

// For people.
std::string ResultText(const FileVerdict& verdict) {
  switch (verdict.state) {
    case FileVerdict::State::kAsPublished:
      return "as published";
    case FileVerdict::State::kSound:
      return "sound";
    case FileVerdict::State::kDiffers:
      return "differs from the published file";
    case FileVerdict::State::kBroken:
      return "broken: " + verdict.problem;
    case FileVerdict::State::kMissing:
      break;
  }
  return "missing";
}

Tone ToneOf(FileVerdict::State state) {
  if (state == FileVerdict::State::kAsPublished) return Tone::kGood;
  return state == FileVerdict::State::kSound ? Tone::kPlain : Tone::kBad;
}

// File names without their folder, which the table names already.
std::string NoteOf(const DatasetPresence& presence) {
  if (presence.state == DatasetPresence::State::kAbsent) return "";
  const auto names = [](std::string* text, const std::string& path) {
    const size_t slash = path.find('/');
    absl::StrAppend(text, path.substr(slash + 1));
  };
  std::string note;
  if (!presence.missing.empty() && presence.state != DatasetPresence::State::kPacked) {
    absl::StrAppend(&note, "missing: ", absl::StrJoin(presence.missing, " ", names));
  }
  if (!presence.wrong_size.empty()) {
    absl::StrAppend(&note, note.empty() ? "" : "; ",
                    "wrong size: ", absl::StrJoin(presence.wrong_size, " ", names));
  }
  return note;
}

std::string Word(const FetchOutcome& outcome) {
  return outcome.was_there ? "was-there" : "fetched";
}

// An array, one element a line.
template <typename Items, typename Element>
std::string Array(const Items& items, Element element) {
  std::vector<std::string> lines;
  for (const auto& item : items) {
    const ordered_json json = element(item);
    lines.push_back(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
  return JsonArray(lines);
}

}  // namespace

Table PresenceTable(const std::vector<DatasetPresence>& found) {
  Table table;
  table.columns = {{"DATASET"},    {"FOLDER"},        {"STATE"},      {"TRAIN", true},
                   {"TEST", true}, {"CLASSES", true}, {"SIZE", true}, {"NOTE"}};
  for (const DatasetPresence& one : found) {
    table.rows.push_back({one.dataset,
                          one.folder.empty() ? "-" : one.folder,
                          {StateWord(one.state), ToneOf(one.state)},
                          absl::StrCat(one.train_pictures),
                          absl::StrCat(one.test_pictures),
                          absl::StrCat(one.classes),
                          one.bytes == 0 ? "-" : ShowBytes(one.bytes),
                          NoteOf(one)});
  }
  return table;
}

std::vector<CsvRow> PresenceCsv(const std::vector<DatasetPresence>& found) {
  std::vector<CsvRow> rows = {{"dataset", "folder", "state", "train_pictures", "test_pictures",
                               "classes", "size_bytes", "missing", "wrong_size"}};
  for (const DatasetPresence& one : found) {
    rows.push_back({one.dataset, one.folder, StateWord(one.state), absl::StrCat(one.train_pictures),
                    absl::StrCat(one.test_pictures), absl::StrCat(one.classes),
                    absl::StrCat(one.bytes), absl::StrJoin(one.missing, " "),
                    absl::StrJoin(one.wrong_size, " ")});
  }
  return rows;
}

std::string PresenceJson(const std::vector<DatasetPresence>& found) {
  return Array(found, [](const DatasetPresence& one) -> ordered_json {
    return {{"dataset", one.dataset},
            {"folder", one.folder},
            {"state", StateWord(one.state)},
            {"trainPictures", absl::StrCat(one.train_pictures)},
            {"testPictures", absl::StrCat(one.test_pictures)},
            {"classes", absl::StrCat(one.classes)},
            {"sizeBytes", absl::StrCat(one.bytes)},
            {"missing", one.missing},
            {"wrongSize", one.wrong_size}};
  });
}

Table VerdictTable(const std::vector<FileVerdict>& verdicts) {
  Table table;
  table.columns = {{"FILE"}, {"SIZE", true}, {"SHA-256"}, {"RESULT"}};
  for (const FileVerdict& verdict : verdicts) {
    table.rows.push_back({verdict.path,
                          verdict.bytes == 0 ? "-" : ShowBytes(verdict.bytes),
                          verdict.sha256.empty() ? "-" : verdict.sha256.substr(0, kShownDigits),
                          {ResultText(verdict), ToneOf(verdict.state)}});
  }
  return table;
}

std::vector<CsvRow> VerdictCsv(const std::vector<FileVerdict>& verdicts) {
  std::vector<CsvRow> rows = {{"dataset", "file", "result", "size_bytes", "sha256", "problem"}};
  for (const FileVerdict& verdict : verdicts) {
    rows.push_back({verdict.dataset, verdict.path, StateWord(verdict.state),
                    absl::StrCat(verdict.bytes), verdict.sha256, verdict.problem});
  }
  return rows;
}

std::string VerdictJson(const std::vector<FileVerdict>& verdicts) {
  return Array(verdicts, [](const FileVerdict& verdict) -> ordered_json {
    return {{"dataset", verdict.dataset},         {"file", verdict.path},
            {"result", StateWord(verdict.state)}, {"sizeBytes", absl::StrCat(verdict.bytes)},
            {"sha256", verdict.sha256},           {"problem", verdict.problem}};
  });
}

Table OutcomeTable(const std::vector<FetchOutcome>& outcomes) {
  Table table;
  table.columns = {{"DATASET"}, {"FOLDER"}, {"RESULT"}, {"SIZE", true}};
  for (const FetchOutcome& outcome : outcomes) {
    table.rows.push_back(
        {outcome.dataset, outcome.folder, Word(outcome), ShowBytes(outcome.bytes)});
  }
  return table;
}

std::vector<CsvRow> OutcomeCsv(const std::vector<FetchOutcome>& outcomes) {
  std::vector<CsvRow> rows = {{"dataset", "folder", "result", "size_bytes"}};
  for (const FetchOutcome& outcome : outcomes) {
    rows.push_back({outcome.dataset, outcome.folder, Word(outcome), absl::StrCat(outcome.bytes)});
  }
  return rows;
}

std::string OutcomeJson(const std::vector<FetchOutcome>& outcomes) {
  return Array(outcomes, [](const FetchOutcome& outcome) -> ordered_json {
    return {{"dataset", outcome.dataset},
            {"folder", outcome.folder},
            {"result", Word(outcome)},
            {"sizeBytes", absl::StrCat(outcome.bytes)}};
  });
}

}  // namespace adares::client
