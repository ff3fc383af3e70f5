// Everything that is read of the weights is gathered on the device and read at once.
#include "worker/trainer/skip_rows.h"

#include <cmath>
#include <set>
#include <string>

#include "worker/trainer/squares.h"

namespace adares {
namespace {

using torch::Tensor;

// The place of the site's raw parameter among the learned ones; their count where it is frozen.
size_t PlaceOf(const SkipWeight& weight, const std::vector<Tensor>& learned) {
  size_t place = 0;
  while (place < learned.size() && !learned[place].is_same(weight.raw)) ++place;
  return place;
}

// Whether a condition of the channels holds for most of them.
template <typename Condition>
bool HoldsForMost(int64_t channels, const Condition& condition) {
  int64_t held = 0;
  for (int64_t i = 0; i < channels; ++i) held += condition(i) ? 1 : 0;
  return 2 * held > channels;
}

WeightLook LookAt(const AdaResNetImpl::Site& site) {
  const SkipWeight& weight = site.weight;
  const torch::NoGradGuard no_grad;
  const auto flat = [](const Tensor& tensor) {
    return tensor.detach().reshape({-1}).to(torch::kFloat64);
  };
  const Tensor gradient = weight.raw.grad();
  const Tensor all =
      torch::stack({flat(weight.raw), flat(ConstrainedWeight(weight.constraint, weight.raw)),
                    gradient.defined() ? flat(gradient) : torch::zeros_like(flat(weight.raw))})
          .cpu();
  const int64_t channels = all.size(1);
  const double* const raw = all.data_ptr<double>();
  const double* const values = raw + channels;
  const double* const gradients = values + channels;
  WeightLook look{site.group};
  for (int64_t i = 0; i < channels; ++i) look.value += values[i] / static_cast<double>(channels);
  look.saturated = HoldsForMost(
      channels, [&](int64_t i) { return IsSaturated(weight.constraint, raw[i], gradients[i]); });
  look.closed = HoldsForMost(channels, [&](int64_t i) { return IsClosed(values[i]); });
  return look;
}

}  // namespace

std::vector<SkipWeightPoint> SkipWeightRows(const TrainingState& state,
                                            const std::vector<StepTelemetry::PathShares>& shares) {
  const torch::NoGradGuard no_grad;
  const std::vector<Tensor> learned = state.model->SkipParameters();
  const std::vector<double> snr = state.gradient_moments.Snr(state.step);
  std::vector<Tensor> coefficients;
  for (const AdaResNetImpl::Site& site : state.model->sites()) {
    const SumCoefficients of_site = site.weight.Coefficients();
    for (const Tensor& coefficient : {of_site.s, of_site.r}) {
      if (coefficient.defined()) coefficients.push_back(coefficient.to(torch::kFloat64).mean());
    }
  }
  const std::vector<double> known = Values(coefficients);
  size_t next = 0;
  std::vector<SkipWeightPoint> rows;
  for (size_t i = 0; i < state.model->sites().size(); ++i) {
    const AdaResNetImpl::Site& site = state.model->sites()[i];
    SkipWeightPoint row{site.name, state.step, state.epoch, site.weight.Value(),
                        site.weight.Gradient()};
    const SumCoefficients of_site = site.weight.Coefficients();
    row.s = of_site.s.defined() ? known[next++] : 1;
    row.r = of_site.r.defined() ? known[next++] : 1;
    const size_t place = PlaceOf(site.weight, learned);
    if (place < learned.size()) row.gradient_snr = snr[place];
    if (!shares.empty()) {
      row.path_ratio = shares[i].ratio;
      row.skip_share = shares[i].skip;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<WeightLook> LooksAtWeights(const TrainingState& state) {
  std::vector<WeightLook> looks;
  if (state.model->SkipParameters().empty()) return looks;
  std::set<std::string> seen;
  for (const AdaResNetImpl::Site& site : state.model->sites()) {
    if (seen.insert(site.group).second) looks.push_back(LookAt(site));
  }
  return looks;
}

std::vector<SumLook> LooksAtSums(const TrainingState& state,
                                 const std::vector<StepTelemetry::PathShares>& shares) {
  const bool learned = !state.model->SkipParameters().empty();
  std::vector<SumLook> looks;
  for (size_t i = 0; i < shares.size(); ++i) {
    const AdaResNetImpl::Site& site = state.model->sites()[i];
    const bool by_choice = !learned && (shares[i].skip == 0 || shares[i].skip == 1);
    if (!by_choice) looks.push_back({site.name, shares[i].skip});
  }
  return looks;
}

}  // namespace adares
