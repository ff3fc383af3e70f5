#include "client/diagnosis.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/json.h"
#include "client/table.h"

namespace adares::client {
namespace {

std::string Word(Diagnosis::Verdict verdict) {
  switch (verdict) {
    case Diagnosis::Verdict::kOk:
      return "ok";
    case Diagnosis::Verdict::kSkipped:
      return "skipped";
    case Diagnosis::Verdict::kWarning:
      return "warning";
    case Diagnosis::Verdict::kError:
      break;
  }
  return "error";
}

Tone ToneOf(Diagnosis::Verdict verdict) {
  switch (verdict) {
    case Diagnosis::Verdict::kOk:
      return Tone::kGood;
    case Diagnosis::Verdict::kSkipped:
      return Tone::kFaint;
    case Diagnosis::Verdict::kWarning:
      return Tone::kActive;
    case Diagnosis::Verdict::kError:
      break;
  }
  return Tone::kBad;
}

}  // namespace

std::string DiagnosisText(const std::vector<Diagnosis>& diagnoses, bool color) {
  Table table;
  table.columns = {{"CHECK"}, {"RESULT"}, {"WHAT"}};
  for (const Diagnosis& diagnosis : diagnoses) {
    table.rows.push_back(
        {diagnosis.check, {Word(diagnosis.verdict), ToneOf(diagnosis.verdict)}, diagnosis.what});
    if (!diagnosis.way_out.empty()) table.rows.push_back({"", "", "-> " + diagnosis.way_out});
  }
  return RenderTable(table, color);
}

std::vector<CsvRow> DiagnosisCsv(const std::vector<Diagnosis>& diagnoses) {
  std::vector<CsvRow> rows = {{"check", "result", "what", "way_out"}};
  for (const Diagnosis& diagnosis : diagnoses) {
    rows.push_back({diagnosis.check, Word(diagnosis.verdict), diagnosis.what, diagnosis.way_out});
  }
  return rows;
}

std::string DiagnosisJson(const std::vector<Diagnosis>& diagnoses) {
  std::vector<std::string> elements;
  for (const Diagnosis& diagnosis : diagnoses) {
    elements.push_back(absl::StrCat("{\"check\":", JsonString(diagnosis.check),
                                    ",\"result\":", JsonString(Word(diagnosis.verdict)),
                                    ",\"what\":", JsonString(diagnosis.what),
                                    ",\"wayOut\":", JsonString(diagnosis.way_out), "}"));
  }
  return JsonArray(elements);
}

bool HasErrors(const std::vector<Diagnosis>& diagnoses) {
  return std::any_of(diagnoses.begin(), diagnoses.end(), [](const Diagnosis& diagnosis) {
    return diagnosis.verdict == Diagnosis::Verdict::kError;
  });
}

}  // namespace adares::client
