// `adares compare`.
#include <CLI/CLI.hpp>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/comparison_view.h"
#include "client/problem.h"
#include "client/resource_argument.h"
#include "core/status.h"

namespace adares::client {
namespace {

struct CompareOptions {
  std::string sweep;
  std::string metric;
  std::vector<std::string> baseline;
};

absl::StatusOr<ExitCode> Compare(const GlobalOptions& options, const CompareOptions& compare) {
  ADARES_ASSIGN_OR_RETURN(const std::string resource, SweepArgument(compare.sweep));
  v1::CompareVariantsRequest request;
  request.set_sweep(resource);
  request.set_metric(compare.metric);
  for (const std::string& pair : compare.baseline) {
    const size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      return UsageError(absl::StrCat("--baseline ", pair, ": there is no AXIS=VALUE"),
                        "for example: --baseline granularity=none");
    }
    (*request.mutable_baseline())[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(options));
  ADARES_ASSIGN_OR_RETURN(const auto comparison, connection->CompareVariants(request));
  ADARES_RETURN_IF_ERROR(Answer(
      options, [&] { return JsonDocument(comparison); }, [&] { return ComparisonCsv(comparison); },
      [&](bool color) { return ComparisonText(comparison, resource, color); }));
  return ExitCode::kOk;
}

}  // namespace

void AddCompareCommand(CLI::App& app, CommandLine& line) {
  const auto compare = std::make_shared<CompareOptions>();
  CLI::App* command =
      app.add_subcommand("compare", "Compare a sweep's variants over seeds, and with the baseline");
  command->add_option("SWEEP", compare->sweep, "x or sweeps/x")->required();
  command->add_option("--metric", compare->metric, "The metric; the sweep's objective by default")
      ->type_name("KEY");
  command
      ->add_option("--baseline", compare->baseline,
                   "The variant to compare with, instead of the sweep's; may be repeated")
      ->type_name("AXIS=VALUE")
      ->allow_extra_args(false);
  command->callback([compare, &line] {
    line.chosen = [compare](const GlobalOptions& options) { return Compare(options, *compare); };
  });
}

}  // namespace adares::client
