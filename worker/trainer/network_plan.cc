// He et al. 2016 (arXiv 1512.03385), section 4.2 and table 1, and the two networks of the AdaResNet
// paper in Keras' terms.
#include "worker/trainer/network_plan.h"

#include "core/network_table.h"

namespace adares {
namespace {

LayerStyle StyleOf(const ModelSpec& model) {
  LayerStyle style;
  style.last_norm = model.last_norm;
  if (model.norm == Norm::kNone) {
    style.has_norm = false;
    style.conv_bias = true;
  }
  if (model.family != Family::kPaper) return style;
  style.conv_bias = true;
  style.biased_variance = true;
  // Keras counts momentum as the share of the old value: 0.99 there is 0.01 here.
  style.norm_momentum = 0.01;
  const bool published = model.depth == 18;  // with AdaResNet; 50 is Keras' own
  style.norm_eps = published ? 1e-3 : 1.001e-5;
  style.same_padding = published;
  style.stride_in_first = !published;
  return style;
}

void PlanStem(const ModelSpec& model, NetworkPlan& plan) {
  if (model.family == Family::kCifar) return;
  plan.stem_channels = 64;
  if (model.family == Family::kResnet && model.stem == Stem::kCifar) return;
  plan.stem_kernel = 7;
  plan.stem_stride = 2;
  if (model.family == Family::kResnet) {
    plan.pool = StemPool::kLowest;
  } else {
    plan.pool = model.depth == 18 ? StemPool::kSame : StemPool::kZeros;
  }
}

}  // namespace

BlockShape StagePlan::Shape(int64_t index) const {
  if (index == 0) return first;
  return {first.out_channels, first.out_channels, 1, false, first.bottleneck};
}

NetworkPlan PlanOf(const ModelSpec& model) {
  NetworkPlan plan;
  plan.style = StyleOf(model);
  plan.glorot = model.family == Family::kPaper;
  PlanStem(model, plan);
  const bool bottleneck = HasBottlenecks(model);
  // The published network halves the picture in its first stage too.
  const bool first_shrinks = model.family == Family::kPaper && model.depth == 18;
  int64_t channels = plan.stem_channels;
  int64_t width = plan.stem_channels;
  for (const int64_t blocks : BlocksOfStages(model)) {
    const int64_t out = bottleneck ? 4 * width : width;
    const int64_t stride = !plan.stages.empty() || first_shrinks ? 2 : 1;
    const bool projection = stride != 1 || channels != out;
    plan.stages.push_back({blocks, {channels, out, stride, projection, bottleneck}});
    channels = out;
    width *= 2;
  }
  return plan;
}

}  // namespace adares
