// Position o puts tap t on row o * stride + t - padding.before.
#include "worker/trainer/tap_window.h"

#include <algorithm>

namespace adares {

Margin SamePadding(int64_t size, int64_t kernel, int64_t stride) {
  const int64_t out = (size + stride - 1) / stride;
  const int64_t total = std::max<int64_t>((out - 1) * stride + kernel - size, 0);
  return {total / 2, total - total / 2};
}

TapWindow AllTaps(const ConvolutionSide& side) {
  const int64_t padded = side.size + side.padding.before + side.padding.after;
  return {0, side.kernel, side.padding, (padded - side.kernel) / side.stride + 1};
}

TapWindow LiveTaps(const ConvolutionSide& side) {
  const TapWindow all = AllTaps(side);
  const int64_t before = side.padding.before;
  const int64_t last_start = (all.out - 1) * side.stride;
  // The last position reaches the first row with the lowest tap, the first position the last row
  // with the highest.
  int64_t first = side.kernel;
  for (int64_t start = 0; start <= last_start; start += side.stride) {
    const int64_t lowest = std::max<int64_t>(before - start, 0);
    if (start + lowest - before < side.size) first = std::min(first, lowest);
  }
  const int64_t last = std::min(side.kernel - 1, before + side.size - 1);
  const int64_t after = last_start + last - before - (side.size - 1);
  return {first, last - first + 1, {before - first, std::max<int64_t>(after, 0)}, all.out};
}

}  // namespace adares
