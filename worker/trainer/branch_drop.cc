// A draw for each block.
#include "worker/trainer/branch_drop.h"

#include "core/network_table.h"

namespace adares {

double SurvivalOf(double drop, int64_t place, int64_t blocks) {
  return 1 - static_cast<double>(place + 1) / static_cast<double>(blocks) * drop;
}

KeptBranches DrawKeptBranches(const ModelSpec& model, Random& random) {
  if (model.branch_drop == 0) return {};
  const int64_t blocks = BlockCount(model);
  KeptBranches kept;
  for (int64_t place = 0; place < blocks; ++place) {
    kept.push_back(random.Uniform() < SurvivalOf(model.branch_drop, place, blocks) ? 1 : 0);
  }
  return kept;
}

}  // namespace adares
