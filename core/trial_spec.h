// A trial's whole configuration: what to train, on what, how, and from which seed. Two trials with
// equal canonical JSON are the same trial. The paths in sweep files (`train.lr`) are the member
// paths here; core/trial_spec_fields.h holds the table of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares {

// How many learnable skip weights a network has.
enum class Granularity {
  kNone,       // plain ResNet: no parameter, the weight is the constant 1
  kUnified,    // one for the network
  kStage,      // one a stage
  kBlockType,  // one for all identity blocks, one for all convolutional (projection) blocks
  kBlock,      // one a block
};

// Initial value of a skip weight, in sweep files `init: 0.5` or `init: normal(0, 0.05)`.
struct SkipInit {
  enum class Kind { kConstant, kNormal };
  Kind kind = Kind::kConstant;
  double value = 1.0;  // the constant, or the normal's mean
  double sd = 0.0;     // the normal's standard deviation, > 0; 0 for a constant
  bool operator==(const SkipInit&) const = default;
};

struct SkipSpec {
  Granularity granularity = Granularity::kNone;
  SkipInit init;  // must be constant 1 where granularity is none
  bool operator==(const SkipSpec&) const = default;
};

// Network families.
enum class Family {
  kCifar,  // He et al. 2016, section 4.2: 3x3 stem, three stages, widths 16/32/64, depth 6n+2
  kPaper,  // the 18-layer network published with AdaResNet: 7x7 stem, four stages, `same` padding
};

struct ModelSpec {
  Family family = Family::kCifar;
  int64_t depth = 8;  // cifar: 8, 14, 20, 32, 44, 56; paper: 18
  SkipSpec skip;
  bool operator==(const ModelSpec&) const = default;
};

enum class Dataset { kMnist, kCifar10, kSynthetic };
enum class Augment { kNone, kCrop, kFlip, kCropFlip };

struct DataSpec {
  Dataset dataset = Dataset::kSynthetic;
  Augment augment = Augment::kNone;
  int64_t train_size = 0;          // examples to train on; 0 = all that are not held out
  int64_t validation_size = 5000;  // held out of the training part, by seed; > 0
  int64_t test_size = 0;           // first examples of the test part; 0 = all
  bool operator==(const DataSpec&) const = default;
};

enum class OptimizerKind { kSgd, kAdam };
enum class ScheduleKind { kConstant, kCosine };

struct TrainSpec {
  int64_t epochs = 10;
  int64_t batch_size = 128;
  OptimizerKind optimizer = OptimizerKind::kSgd;
  double lr = 0.1;
  double momentum = 0.9;      // sgd only
  double weight_decay = 0.0;  // L2; never on skip weights, biases and batch norm
  ScheduleKind schedule = ScheduleKind::kCosine;
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
std::string_view Name(Family family);
std::string_view Name(Dataset dataset);
std::string_view Name(Augment augment);
std::string_view Name(OptimizerKind optimizer);
std::string_view Name(ScheduleKind schedule);

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
