// What `adares doctor` finds, and how it is shown. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "client/csv.h"

namespace adares::client {

struct Diagnosis {
  enum class Verdict {
    kOk,
    kSkipped,  // does not matter here
    kWarning,  // works, but worse than it could, or not for long
    kError,    // does not work
  };
  std::string check;  // "clock"
  Verdict verdict = Verdict::kOk;
  std::string what;     // what was seen
  std::string way_out;  // of a warning or an error
};

// A line for each, and below it the way out.
std::string DiagnosisText(const std::vector<Diagnosis>& diagnoses, bool color);
std::vector<CsvRow> DiagnosisCsv(const std::vector<Diagnosis>& diagnoses);
std::string DiagnosisJson(const std::vector<Diagnosis>& diagnoses);

bool HasErrors(const std::vector<Diagnosis>& diagnoses);

}  // namespace adares::client
