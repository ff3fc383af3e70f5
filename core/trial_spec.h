// A trial's whole configuration: what to train, on what, how, and from which seed. Two trials with
// equal canonical JSON are the same trial. The paths in sweep files (`train.lr`) are the member
// paths here; core/trial_spec_fields.h holds the table of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

// How many weights the residual sums of a network have.
enum class Granularity {
  kNone,       // plain ResNet: no parameter, the weight is the constant 1
  kUnified,    // one for the network
  kStage,      // one a stage
  kBlockType,  // one for all identity blocks, one for all convolutional (projection) blocks
  kBlock,      // one a block
  kChannel,    // one an output channel of each block; Touvron et al. 2021 (arXiv 2103.17239)
};

// Where the weights stand in the sum of a block, z = s * ipd + r * tfd, where ipd is its input or
// the projection of it, and tfd is what its convolutions make of it.
enum class SkipPlacement {
  kSkip,       // r = 1, s is weighted: AdaResNet, arXiv 2408.09958, equation 2
  kResidual,   // s = 1, r is weighted: ReZero, arXiv 2003.04887
  kBoth,       // s and r are weights of their own
  kConvex,     // s = g, r = 1 - g: Highway networks, arXiv 1505.00387, equation 3
  kSpherical,  // s = cos(a), r = sin(a), so that s^2 + r^2 = 1: the sum of Civitelli et al. 2021
               // (arXiv 2112.12299) with a share that is learned
};

// Initial value of a weight, in sweep files `init: 0.5`, `init: normal(0, 0.05)`,
// `init: uniform(0, 1)`, `init: root-depth(1)`, `init: depth-power(2, 0.25)`, `init: decay(0.5)`,
// `init: match-rms(1)` or `init: admin(1)`.
struct SkipInit {
  enum class Kind {
    kConstant,
    kNormal,
    kUniform,
    kRootDepth,   // value / sqrt(blocks of the network): De and Smith 2020 (arXiv 2002.10444)
    kDepthPower,  // (value * blocks of the network) ^ power: Wang et al. 2022 (arXiv 2203.00555)
    kDecay,       // falls evenly with the block's place, from 1 at the first to value at the last:
                  // Zhang et al. 2024 (arXiv 2404.10947)
    kMatchRms,    // the weighted path gets value times the root mean square of the other, measured
                  // on the first batches
    kAdmin,       // the skip path gets the variance that the residual branches before it add up to,
                  // measured on the first batches: Liu et al. 2020 (arXiv 2004.08249)
  };
  Kind kind = Kind::kConstant;
  // As above, > 0 for kDepthPower and kMatchRms; the constant, the normal's mean, or the uniform's
  // lower end; 1 for kAdmin.
  double value = 1.0;
  double sd = 0.0;      // the normal's standard deviation, > 0; 0 for the others
  double high = 0.0;    // the uniform's upper end, > value; 0 for the others
  double power = 0.0;   // of kDepthPower, not 0; 0 for the others
  int64_t batches = 1;  // that are measured, of kMatchRms and kAdmin; 1 for the others
  bool operator==(const SkipInit&) const = default;
};

// The map from a raw parameter to the weight, `constraint: sigmoid(2)` in sweep files.
struct SkipConstraint {
  enum class Kind {
    kNone,      // the weight is the parameter
    kSigmoid,   // high / (1 + exp(-parameter)), in (0, high)
    kTanh,      // high * tanh(parameter), in (-high, high)
    kSoftplus,  // log(1 + exp(parameter)), above 0
    kClamp,     // the parameter, moved into [low, high] after each step: Shen and Zeng 2016
                // (arXiv 1605.08831)
  };
  Kind kind = Kind::kNone;
  double low = 0.0;   // of clamp
  double high = 0.0;  // of sigmoid and tanh, where it is > 0, and of clamp, where it is > low
  bool operator==(const SkipConstraint&) const = default;
};

enum class SkipTraining {
  kLearned,
  kFrozen,  // the weights keep their initial values and are no parameters
};

// The weights of the residual sums. Which values go together is in core/skip_conflicts.h.
struct SkipSpec {
  Granularity granularity = Granularity::kNone;  // none: all other members have their defaults
  SkipInit init;                                 // of the weight; of s where both are weighted
  // For blocks of one type; without a value, `init` counts.
  std::optional<SkipInit> init_identity = {};
  std::optional<SkipInit> init_convolutional = {};
  SkipPlacement placement = SkipPlacement::kSkip;
  SkipConstraint constraint = {};
  SkipTraining train = SkipTraining::kLearned;
  int64_t frozen_epochs = 0;  // learned after that many
  double lr_mult = 1.0;       // learning rate of the parameters, in base learning rates; > 0
  double weight_decay = 0.0;  // the penalty weight_decay / 2 * (weight - decay_centre)^2; >= 0
  double decay_centre = 0.0;
  bool operator==(const SkipSpec&) const = default;
};

// Network families.
enum class Family {
  kCifar,   // He et al. 2016, section 4.2: 3x3 stem, three stages, widths 16/32/64, depth 6n+2
  kPaper,   // the networks published with AdaResNet, to the letter of Keras: the 18-layer network
            // (7x7 stem, four stages that each halve the picture, `same` padding), and the
            // ResNet50 it was compared with
  kResnet,  // He et al. 2016, table 1, as torchvision has it: four stages, stride in the 3x3
};

// What comes before the first stage of family `resnet`.
enum class Stem {
  kCifar,     // a 3x3 convolution with stride 1
  kImagenet,  // a 7x7 convolution with stride 2, and a 3x3 max-pool with stride 2
};

// What follows each convolution.
enum class Norm {
  kBatch,
  kNone,  // nothing: convolutions have biases instead
};

// The batch norm that ends a residual branch.
enum class LastNorm {
  kAffine,    // scale and shift learned, from 1 and 0
  kZero,      // the same with scales from 0: Goyal et al. 2017 (arXiv 1706.02677), section 5.1
  kNoAffine,  // no scale and shift
};

struct ModelSpec {
  Family family = Family::kCifar;
  int64_t depth = 8;  // cifar: 8, 14, 20, 32, 44, 56, 110; paper: 18, 50; resnet: 18, 34, 50, 101
  Stem stem = Stem::kCifar;  // of family resnet
  Norm norm = Norm::kBatch;
  LastNorm last_norm = LastNorm::kAffine;
  // Stochastic depth (Huang et al. 2016, arXiv 1603.09382): the probability that a step of training
  // leaves out the residual branch of the last block, in [0, 1). It rises evenly from none before
  // the first block.
  double branch_drop = 0;
  SkipSpec skip;
  bool operator==(const ModelSpec&) const = default;
};

enum class Dataset {
  kMnist,
  kFashionMnist,
  kCifar10,
  kCifar100,
  kFolder,  // PNG files in a folder for each class
  kSynthetic,
};
enum class Augment { kNone, kCrop, kFlip, kCropFlip };

struct DataSpec {
  Dataset dataset = Dataset::kSynthetic;
  std::string folder = {};  // of dataset `folder`: its name below the folder of data sets
  Augment augment = Augment::kNone;
  int64_t cutout = 0;         // side of the square that is blanked in each picture; 0 = none:
                              // DeVries and Taylor 2017 (arXiv 1708.04552)
  bool normalise = true;      // pixels by the channels' mean and sd; else they are in 0..1
  int64_t train_size = 0;     // examples to train on; 0 = all that are not held out
  double train_fraction = 1;  // share of what is not held out to train on, in (0, 1]
  // Held out of the training part, by seed. 0: nothing is held out, and the test part is evaluated
  // after every epoch instead.
  int64_t validation_size = 5000;
  int64_t test_size = 0;   // first examples of the test part; 0 = all
  double label_noise = 0;  // share of the training examples that get a wrong label, in [0, 1)
  bool operator==(const DataSpec&) const = default;
};

enum class OptimizerKind {
  kSgd,        // with momentum
  kNesterov,   // SGD with Nesterov's momentum
  kAdam,       // Kingma and Ba 2015 (arXiv 1412.6980), algorithm 1, epsilon 1e-8
  kAdamW,      // Loshchilov and Hutter 2019 (arXiv 1711.05101): weight decay beside the gradient
  kKerasAdam,  // Adam with epsilon-hat 1e-7, as the paper's section 2 ends and Keras does
};
enum class ScheduleKind {
  kConstant,
  kCosine,
  kStep,      // a tenth after half of the steps, and again after three quarters
  kOneCycle,  // up from lr / 25 in 30 % of the steps, then down to lr / 10000, both by cosine:
              // Smith 2018 (arXiv 1708.07120)
};
enum class Precision {
  kFp32,
  kTf32,  // of matrix products and convolutions, on CUDA
  kBf16,  // of the same; parameters, batch statistics and skip weights stay fp32
};

struct TrainSpec {
  int64_t epochs = 10;
  int64_t batch_size = 128;
  OptimizerKind optimizer = OptimizerKind::kSgd;
  double lr = 0.1;
  double momentum = 0.9;      // sgd and nesterov only
  double weight_decay = 0.0;  // L2; never on skip weights, biases and batch norm
  ScheduleKind schedule = ScheduleKind::kCosine;
  double warmup_epochs = 0;    // first the rate rises evenly from 0 to where the schedule begins
  double label_smoothing = 0;  // share of the target spread over all classes, in [0, 1)
  double clip_norm = 0;        // gradients together are at most this long; 0 = any length
  double ema_decay = 0;        // evaluation takes a moving mean of the parameters; 0 = does not
  Precision precision = Precision::kFp32;
  int64_t log_every = 50;  // steps between two rows of each skip weight
  bool operator==(const TrainSpec&) const = default;
};

struct TrialSpec {
  ModelSpec model;
  DataSpec data;
  TrainSpec train;
  int64_t seed = 0;  // >= 0
  bool operator==(const TrialSpec&) const = default;
};

// The words of sweep files and JSON: "block-type", "cifar10".
std::string_view Name(Granularity granularity);
std::string_view Name(SkipPlacement placement);
std::string_view Name(SkipTraining training);
std::string_view Name(Family family);
std::string_view Name(Stem stem);
std::string_view Name(Norm norm);
std::string_view Name(LastNorm norm);
std::string_view Name(Dataset dataset);
std::string_view Name(Augment augment);
std::string_view Name(OptimizerKind optimizer);
std::string_view Name(ScheduleKind schedule);
std::string_view Name(Precision precision);

// Canonical JSON: every field present, keys sorted, no blanks, shortest round-trip numbers. Equal
// specs give equal bytes on every machine.
std::string CanonicalJson(const TrialSpec& spec);

// The same without `seed`: what a variant is.
std::string CanonicalVariantJson(const TrialSpec& spec);

// Reads (not necessarily canonical) JSON. Missing keys keep their defaults; unknown keys, wrong
// types and values out of range are INVALID_ARGUMENT naming the path.
absl::StatusOr<TrialSpec> ParseTrialSpec(std::string_view json);

// First 12 hex digits of SHA-256 over the canonical JSON: the trial's id inside its sweep.
std::string TrialId(const TrialSpec& spec);

// The same over CanonicalVariantJson.
std::string VariantId(const TrialSpec& spec);

}  // namespace adares
