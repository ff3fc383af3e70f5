// `adares trial verify`: does a finished trial come out the same, to the last bit?
#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/problem.h"
#include "client/repetition.h"
#include "client/resource_argument.h"
#include "client/signals.h"
#include "client/verify_view.h"
#include "client/words.h"
#include "core/provenance.h"
#include "core/status.h"

namespace adares::client {
namespace {

struct VerifyOptions {
  std::string trial;
  std::string data;
  int threads = 0;  // 0: as many as the attempt had
};

// The attempt whose results count: the one that finished.
absl::StatusOr<v1::Attempt> FinishedAttempt(const v1::Trial& trial) {
  for (const v1::Attempt& attempt : trial.attempts()) {
    if (attempt.end_reason() != v1::Attempt::END_REASON_FINISHED) continue;
    if (!attempt.digests().empty()) return attempt;
    return WithHint(absl::FailedPreconditionError(absl::StrCat("attempt ", attempt.number(), " of ",
                                                               ShortName(trial.name()),
                                                               " has no digests to compare with")),
                    "it was run by a version of adares that did not keep them");
  }
  return WithHint(
      absl::FailedPreconditionError(absl::StrCat(
          ShortName(trial.name()), " has not finished; it is ", StateWord(trial.state()))),
      "only what came to its end can be verified");
}

Provenance ProvenanceOf(const v1::Attempt& attempt) {
  return {attempt.provenance().begin(), attempt.provenance().end()};
}

std::string Of(const Provenance& provenance, const std::string& key) {
  const auto found = provenance.find(key);
  return found == provenance.end() ? "" : found->second;
}

RepetitionOptions PlanOf(const VerifyOptions& verify, const v1::Trial& trial,
                         const Provenance& then) {
  RepetitionOptions plan;
  plan.trial = ShortName(trial.name());
  plan.spec_json = trial.spec_json();
  plan.data = verify.data;
  plan.keeps_dead_taps = Of(then, "taps") == "all";
  plan.deterministic = Of(then, "class").ends_with("/deterministic");
  plan.device = Of(then, "device").starts_with("cuda") ? "cuda" : "cpu";
  plan.threads = verify.threads > 0 ? absl::StrCat(verify.threads) : Of(then, "threads");
  return plan;
}

// How many threads the attempt had, where nothing but another number makes runs incomparable.
std::string ThreadsMissed(const Provenance& now, const Provenance& then) {
  const bool is_on_cpu = Of(then, "class").starts_with("cpu/");
  if (!is_on_cpu || Of(now, "threads") == Of(then, "threads")) return "";
  Provenance alike = now;
  alike["class"] = Of(then, "class");
  return DifferenceInBits(alike, then).empty() ? Of(then, "threads") : "";
}

absl::StatusOr<Verification> Verify(const GlobalOptions& options, const VerifyOptions& verify,
                                    const v1::Trial& trial, Signals& signals) {
  ADARES_ASSIGN_OR_RETURN(const v1::Attempt attempt, FinishedAttempt(trial));
  const Provenance then = ProvenanceOf(attempt);
  Verification result;
  result.trial = trial.name();
  result.attempt = attempt.number();
  result.worker = attempt.worker();
  result.then = {attempt.digests().begin(), attempt.digests().end()};
  const auto goes_on = [&](const trainer_protocol::StartEvent& start) {
    result.difference = DifferenceInBits(start.provenance, then);
    result.threads_missed = ThreadsMissed(start.provenance, then);
    result.program = DifferenceInProgram(start.provenance, then);
    return result.difference.empty();
  };
  const auto line = [&](const std::string& text) { Say(options, text); };
  Say(options, absl::StrCat("training ", ShortName(trial.name()), " again"));
  ADARES_ASSIGN_OR_RETURN(const Repetition again,
                          Repeat(PlanOf(verify, trial, then), signals, goes_on, line));
  if (result.difference.empty() && again.end.reason != EndReason::kFinished) {
    return absl::InternalError(absl::StrCat(
        "the repetition ended as ", std::string(Name(again.end.reason)), ": ", again.end.message));
  }
  result.now = again.end.digests;
  return result;
}

absl::StatusOr<ExitCode> VerifyTrial(const GlobalOptions& options, const VerifyOptions& verify) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, TrialArgument(verify.trial));
  Signals signals;
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options, &signals));
  ADARES_ASSIGN_OR_RETURN(const v1::Trial trial, connection->GetTrial(resource));
  ADARES_ASSIGN_OR_RETURN(const Verification result, Verify(options, verify, trial, signals));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return VerificationJson(result); }, [&] { return VerificationCsv(result); },
      [&](bool color) { return VerificationText(result, color); }));
  return result.verdict() == Verdict::kIdentical ? ExitCode::kOk : ExitCode::kDifferent;
}

}  // namespace

void AddVerifyCommand(CLI::App& trial, CommandLine& line) {
  const auto verify = std::make_shared<VerifyOptions>();
  CLI::App* command = trial.add_subcommand(
      "verify", "Train a finished trial again on this machine, and compare to the last bit");
  command
      ->add_option("TRIAL", verify->trial, "SWEEP/ID, the 12-digit ID, or sweeps/SWEEP/trials/ID")
      ->required();
  command->add_option("--data", verify->data, "Folder of data sets")
      ->type_name("DIR")
      ->envname("ADARES_DATA_DIR");
  command
      ->add_option("--threads", verify->threads, "Threads; as many as the attempt had by default")
      ->check(CLI::Range(1, 1024))
      ->type_name("N");
  command->callback([verify, &line] {
    line.chosen = [verify](const GlobalOptions& options) { return VerifyTrial(options, *verify); };
  });
}

}  // namespace adares::client
