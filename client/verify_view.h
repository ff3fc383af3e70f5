// What `adares trial verify` found out, for people and programs. Thread-safe: values and pure
// functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/csv.h"

namespace adares::client {

enum class Verdict {
  kIdentical,
  kDifferent,
  kNotComparable,  // this machine cannot give the same bits, and was not asked to
};

struct Verification {
  std::string trial;  // resource name
  int32_t attempt = 0;
  std::string worker;                       // resource name
  std::map<std::string, std::string> then;  // digests of the attempt
  std::map<std::string, std::string> now;   // of the repetition; empty where there was none
  std::string difference;      // between the two machines; empty where there is none that counts
  std::string threads_missed;  // that the attempt had, where --threads is all of the difference
  std::string program;         // the same between the two programs, which may give equal bits

  Verdict verdict() const;
};

std::string VerificationText(const Verification& result, bool color);
std::vector<CsvRow> VerificationCsv(const Verification& result);
std::string VerificationJson(const Verification& result);

}  // namespace adares::client
