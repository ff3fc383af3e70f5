// `adares data fetch mnist` with the small table of the tests: fetches into DIR from URL.
// usage: client_fetch DIR URL
#include <cstdio>

#include "client/data_fetch.h"
#include "client/problem.h"
#include "client/terminal.h"
#include "tests/client/small_archives.h"

int main(int argc, char** argv) {
  using namespace adares::client;
  using adares::DatasetSource;
  if (argc != 3) return 2;
  DatasetSource source = SmallMnist().source;
  source.addresses = {"http://publisher.invalid/"};
  Signals signals;
  FetchDisplay display({stderr, IsLiveTerminal(stderr), /*quiet=*/false});
  const FetchRequest request{argv[1], argv[2]};
  const auto outcome = FetchDataset(source, request, signals, display);
  if (outcome.ok()) return outcome->was_there ? 100 : 0;
  const Problem problem = DescribeProblem(outcome.status(), {});
  WriteAll(stderr, ProblemText(problem));
  return static_cast<int>(problem.exit_code);
}
