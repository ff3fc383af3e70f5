// The names that count: other ones, such as sizes of the data, follow from the specification.
#include "core/provenance.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace adares {
namespace {

// What the trainer says of a run that went on under other conditions.
constexpr char kMixed[] = "not bit by bit";
// What the class of a GPU ends with where equal runs may differ.
constexpr char kNotDeterministic[] = "/not deterministic";

std::string Of(const Provenance& provenance, const std::string& key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? "unknown" : found->second;
}

// "KEY is X, was Y"; empty where they are equal.
std::string DifferenceIn(const std::string& key, const Provenance& now, const Provenance& then) {
  const std::string is = Of(now, key);
  const std::string was = Of(then, key);
  return is == was ? "" : absl::StrCat(key, " is ", is, ", was ", was);
}

}  // namespace

std::string DifferenceInBits(const Provenance& now, const Provenance& then) {
  std::vector<std::string> differences;
  for (const char* key : {"class", "libtorch", "cuda", "cudnn", "blas", "cpu_capability", "trainer",
                          "taps", "data_digest"}) {
    const std::string difference = DifferenceIn(key, now, then);
    if (!difference.empty()) differences.push_back(difference);
  }
  if (Of(then, "class").ends_with(kNotDeterministic)) {
    differences.push_back(
        "its kernels added in any order, and two equal runs may differ; run adares-trainer with "
        "--deterministic");
  }
  const std::string resumed = Of(then, "resumed_from");
  if (resumed.find(kMixed) != std::string::npos) {
    differences.push_back(absl::StrCat("it had itself gone on from ", resumed));
  }
  return absl::StrJoin(differences, "; ");
}

std::string DifferenceInProgram(const Provenance& now, const Provenance& then) {
  return DifferenceIn("trainer_commit", now, then);
}

}  // namespace adares
