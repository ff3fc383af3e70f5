// Gratings by integer arithmetic: a turn is 65,536, a parabola stands for the sine.
#include "worker/trainer/synthetic.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "worker/trainer/random.h"

namespace adares {
namespace {

constexpr int kSide = 32;
constexpr ImageShape kShape{3, kSide, kSide};
constexpr int kOrientations = 5;
constexpr int kTurn = 1 << 16;
// Of 20,000 pictures of the training part.
constexpr ChannelStatistics kStatistics{{0.502f, 0.503f, 0.502f}, {0.195f, 0.195f, 0.195f}};
constexpr uint64_t kTrainSeed = 1;
constexpr uint64_t kTestSeed = 2;

// Sine of `phase` in turns of 65,536, scaled to -256..256.
int Wave(int phase) {
  const int x = phase & (kTurn - 1);
  const int half = x & (kTurn / 2 - 1);
  const int arch = static_cast<int>((static_cast<int64_t>(half) * (kTurn / 2 - half)) >> 20);
  return x < kTurn / 2 ? arch : -arch;
}

int Cosine(int angle) { return Wave(angle + kTurn / 4); }

// Uniform in [low, high].
int Between(Random& random, int low, int high) {
  return low + static_cast<int>(random.Below(static_cast<uint64_t>(high - low + 1)));
}

struct Grating {
  int step_x = 0;  // phase a pixel to the right
  int step_y = 0;  // phase a pixel down
  int phase = 0;
  int contrast = 0;  // of 256

  int At(int x, int y) const { return contrast * Wave(step_x * x + step_y * y + phase) / 256; }
};

// `orientation` in turns (half a turn is the same grating), `period` in sixteenths of a pixel.
Grating MakeGrating(Random& random, int orientation, int period, int contrast) {
  const int frequency = 16 * kTurn / period;
  return {frequency * Cosine(orientation) / 256, frequency * Wave(orientation) / 256,
          Between(random, 0, kTurn - 1), contrast};
}

Grating ClassGrating(Random& random, int label) {
  const int spacing = kTurn / 2 / kOrientations;
  const int jitter = Between(random, -spacing / 4, spacing / 4);
  const int period = label < kOrientations ? Between(random, 60, 84) : Between(random, 104, 146);
  const int orientation = (label % kOrientations) * spacing + jitter;
  return MakeGrating(random, orientation, period, Between(random, 60, 130));
}

struct Window {
  int x = 0;
  int y = 0;
  int radius_squared = 0;

  // 0..256, falling smoothly with the distance from the middle.
  int At(int px, int py) const {
    const int distance = (px - x) * (px - x) + (py - y) * (py - y);
    return 256 * radius_squared / (radius_squared + distance);
  }
};

void Draw(Random& random, int label, uint8_t* pixels) {
  const Grating grating = ClassGrating(random, label);
  const Grating distractor = MakeGrating(random, Between(random, 0, kTurn / 2 - 1),
                                         Between(random, 60, 146), Between(random, 10, 50));
  const Window window{Between(random, 8, 23), Between(random, 8, 23), Between(random, 60, 140)};
  std::array<int, 3> tint{};
  std::array<int, 3> background{};
  for (int c = 0; c < 3; ++c) {
    tint[c] = Between(random, 96, 256);
    background[c] = Between(random, 88, 168);
  }
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const int signal = grating.At(x, y) * window.At(x, y) / 256 + distractor.At(x, y);
      uint64_t noise = random.Next();
      for (int c = 0; c < 3; ++c) {
        // Two uniform bytes give a triangular distribution of standard deviation about 35.
        const int grain =
            (static_cast<int>(noise & 255) + static_cast<int>(noise >> 8 & 255) - 255) / 3;
        noise >>= 16;
        const int value = background[c] + signal * tint[c] / 256 + grain;
        *pixels++ = static_cast<uint8_t>(std::clamp(value, 0, 255));
      }
    }
  }
}

DecodedPart MakePart(uint64_t seed, int64_t count) {
  DecodedPart part;
  part.labels.resize(static_cast<size_t>(count));
  part.pixels.resize(static_cast<size_t>(count * kShape.Bytes()));
  for (int64_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(i % kClasses);
    Random random(seed, RandomStream::kSynthetic, static_cast<uint64_t>(i));
    part.labels[static_cast<size_t>(i)] = static_cast<uint16_t>(label);
    Draw(random, label, part.pixels.data() + i * kShape.Bytes());
  }
  return part;
}

}  // namespace

DecodedData MakeSynthetic(PartSize size) {
  return {kShape, kClasses, MakePart(kTrainSeed, size.train), MakePart(kTestSeed, size.test),
          kStatistics};
}

}  // namespace adares
