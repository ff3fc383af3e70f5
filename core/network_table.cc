// Depths and blocks: He et al. 2016 (arXiv 1512.03385), section 4.2 and table 1.
#include "core/network_table.h"

#include <numeric>

namespace adares {

std::vector<int64_t> DepthsOf(Family family) {
  switch (family) {
    case Family::kCifar:
      return {8, 14, 20, 32, 44, 56, 110};
    case Family::kPaper:
      return {18, 50};
    case Family::kResnet:
      break;
  }
  return {18, 34, 50, 101};
}

std::vector<int64_t> BlocksOfStages(const ModelSpec& model) {
  if (model.family == Family::kCifar) return std::vector<int64_t>(3, (model.depth - 2) / 6);
  switch (model.depth) {
    case 18:
      return {2, 2, 2, 2};
    case 101:
      return {3, 4, 23, 3};
    default:  // 34 and 50
      return {3, 4, 6, 3};
  }
}

int64_t BlockCount(const ModelSpec& model) {
  const std::vector<int64_t> stages = BlocksOfStages(model);
  return std::accumulate(stages.begin(), stages.end(), int64_t{0});
}

bool HasBottlenecks(const ModelSpec& model) {
  return model.family != Family::kCifar && model.depth >= 50;
}

}  // namespace adares
