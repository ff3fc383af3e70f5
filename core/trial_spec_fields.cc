// The table of fields and the kinds of field it is made of.
#include "core/trial_spec_fields.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/number_text.h"
#include "core/quoted_text.h"
#include "core/skip_constraint_text.h"
#include "core/skip_init_text.h"
#include "core/status.h"
#include "core/trial_spec_words.h"

namespace adares {
namespace {

constexpr int64_t kMaxInteger = std::numeric_limits<int64_t>::max();

struct IntegerRange {
  int64_t low = 0;
  int64_t high = kMaxInteger;
};

struct NumberRange {
  std::string_view text;  // "> 0"
  bool (*contains)(double);
};

constexpr NumberRange kAnyNumber = {"", [](double) { return true; }};
constexpr NumberRange kPositive = {"> 0", [](double x) { return x > 0; }};
constexpr NumberRange kNonNegative = {">= 0", [](double x) { return x >= 0; }};
constexpr NumberRange kShare = {"> 0 and <= 1", [](double x) { return x > 0 && x <= 1; }};
constexpr NumberRange kFraction = {">= 0 and < 1", [](double x) { return x >= 0 && x < 1; }};

absl::Status FieldError(std::string_view path, std::string_view type, const std::string& text,
                        std::string_view cause) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                   absl::StrCat(std::string(path), " takes ", std::string(type), ": ", Quoted(text),
                                " ", std::string(cause)),
                   {{"path", std::string(path)}, {"value", text}});
}

std::string OneOf(const std::vector<std::string>& words) {
  return absl::StrCat("one of ", absl::StrJoin(words, ", "));
}

// Wraps `parse` (text -> value, or a status with the cause alone) into a field's setter.
template <typename Access, typename Parse>
auto Setter(std::string path, std::string type, Access access, Parse parse) {
  return [=](TrialSpec& spec, const ScalarText& scalar) -> absl::Status {
    auto value = parse(scalar);
    if (!value.ok()) {
      return FieldError(path, type, scalar.text, std::string(value.status().message()));
    }
    access(spec) = *std::move(value);
    return absl::OkStatus();
  };
}

absl::Status QuotedNumber() { return absl::InvalidArgumentError("is a string; remove the quotes"); }

template <typename Access>
TrialSpecField Integer(std::string path, Access access, IntegerRange range, std::string doc) {
  std::string type = range.high == kMaxInteger
                         ? absl::StrCat("an integer >= ", range.low)
                         : absl::StrCat("an integer from ", range.low, " to ", range.high);
  const auto parse = [range](const ScalarText& scalar) -> absl::StatusOr<int64_t> {
    if (scalar.quoted) return QuotedNumber();
    absl::StatusOr<int64_t> value = ParseInteger(scalar.text);
    if (value.ok() && (*value < range.low || *value > range.high)) {
      return absl::InvalidArgumentError("is out of range");
    }
    return value;
  };
  const auto text = [access](const TrialSpec& spec) { return absl::StrCat(access(spec)); };
  return {path, type, std::move(doc), Setter(path, type, access, parse), text};
}

template <typename Access>
TrialSpecField Number(std::string path, Access access, NumberRange range, std::string doc) {
  std::string type = "a number";
  if (!range.text.empty()) absl::StrAppend(&type, " ", std::string(range.text));
  const auto parse = [range](const ScalarText& scalar) -> absl::StatusOr<double> {
    if (scalar.quoted) return QuotedNumber();
    absl::StatusOr<double> value = ParseNumber(scalar.text);
    if (value.ok() && !range.contains(*value)) {
      return absl::InvalidArgumentError("is out of range");
    }
    return value;
  };
  const auto text = [access](const TrialSpec& spec) { return FormatNumber(access(spec)); };
  return {path, type, std::move(doc), Setter(path, type, access, parse), text};
}

template <typename Access>
TrialSpecField Word(std::string path, Access access, std::string doc) {
  using Enum = std::remove_cvref_t<decltype(access(std::declval<TrialSpec&>()))>;
  std::vector<std::string> words;
  for (const auto& [value, word] : WordsOf<Enum>()) words.emplace_back(word);
  const auto set = [=](TrialSpec& spec, const ScalarText& scalar) -> absl::Status {
    for (const auto& [value, word] : WordsOf<Enum>()) {
      if (word != scalar.text) continue;
      access(spec) = value;
      return absl::OkStatus();
    }
    return UnknownWordError(path, words, scalar.text);
  };
  const auto text = [access](const TrialSpec& spec) { return std::string(WordOf(access(spec))); };
  return {path, OneOf(words), std::move(doc), set, text};
}

constexpr std::string_view kNoFolder = "none";

bool IsFolderName(std::string_view text) {
  constexpr size_t kLongestName = 63;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && text.size() <= kLongestName && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
         });
}

absl::StatusOr<std::string> ParseFolderName(std::string_view text) {
  if (text == kNoFolder) return std::string();
  if (IsFolderName(text)) return std::string(text);
  return absl::InvalidArgumentError(
      "is no name of up to 63 letters, digits, _, - and ., a letter first");
}

std::string FormatFolderName(const std::string& name) {
  return name.empty() ? std::string(kNoFolder) : name;
}

// How a value that is neither a number nor one of a few words is read and written.
template <typename Value>
struct TextForm {
  std::string_view type;
  absl::StatusOr<Value> (*parse)(std::string_view);
  std::string (*format)(const Value&);
};

constexpr TextForm<SkipInit> kInit = {
    "a number, normal(mean, sd), uniform(low, high), root-depth(c), depth-power(c, power), "
    "decay(last), match-rms(ratio, batches) or admin(batches)",
    ParseSkipInit, FormatSkipInit};
constexpr TextForm<std::optional<SkipInit>> kInitOverride = {
    "inherit, or what `model.skip.init` takes", ParseSkipInitOverride, FormatSkipInitOverride};
constexpr TextForm<SkipConstraint> kConstraint = {
    "none, sigmoid(k), tanh(k), softplus or clamp(low, high)", ParseSkipConstraint,
    FormatSkipConstraint};

constexpr TextForm<std::string> kFolder = {"none or the name of a folder", ParseFolderName,
                                           FormatFolderName};

template <typename Access, typename Value>
TrialSpecField Text(std::string path, Access access, const TextForm<Value>& form, std::string doc) {
  const auto parse = [form](const ScalarText& scalar) -> absl::StatusOr<Value> {
    if (scalar.quoted && IsNumberText(scalar.text)) return QuotedNumber();
    return form.parse(scalar.text);
  };
  const auto text = [access, form](const TrialSpec& spec) { return form.format(access(spec)); };
  const std::string type(form.type);
  return {path, type, std::move(doc), Setter(path, type, access, parse), text};
}

// A member's path and the access to it, from one spelling.
#define ADARES_FIELD(member) \
#member, [](auto& spec) -> auto& { return spec.member; }

std::vector<TrialSpecField> MakeSkipFields() {
  return {
      Word(ADARES_FIELD(model.skip.granularity),
           "How many weights the residual sums have: none at all, one for the network, a stage, a "
           "type of block, a block, or an output channel of each block."),
      Word(ADARES_FIELD(model.skip.placement),
           "What they weight: the skip path, the residual branch, both, both with a sum of 1, or "
           "both with squares whose sum is 1."),
      Text(ADARES_FIELD(model.skip.init), kInit,
           "Initial value of the weights; 1 where the granularity is `none`. With placements "
           "`convex` and `spherical` 1 takes the residual branch out of the sum at the start."),
      Text(ADARES_FIELD(model.skip.init_identity), kInitOverride,
           "The same for identity blocks alone; `inherit` takes `init`."),
      Text(ADARES_FIELD(model.skip.init_convolutional), kInitOverride,
           "The same for convolutional (projection) blocks alone; `inherit` takes `init`."),
      Text(ADARES_FIELD(model.skip.constraint), kConstraint,
           "Keeps the weights in a range, by a map or, with `clamp`, after each step."),
      Word(ADARES_FIELD(model.skip.train), "Whether the weights are learned."),
      Integer(ADARES_FIELD(model.skip.frozen_epochs), {0, 10'000},
              "First epochs in which the weights keep their initial values."),
      Number(ADARES_FIELD(model.skip.lr_mult), kPositive,
             "Learning rate of the weights, as a multiple of the other parameters'."),
      Number(ADARES_FIELD(model.skip.weight_decay), kNonNegative,
             "L2 penalty on the distance of the weights from `decay_centre`."),
      Number(ADARES_FIELD(model.skip.decay_centre), kAnyNumber,
             "Where `weight_decay` of the weights pulls them to."),
  };
}

std::vector<TrialSpecField> MakeModelFields() {
  return {
      Word(ADARES_FIELD(model.family),
           "Network family: `cifar` has a 3x3 stem and widths 16/32/64, `resnet` the widths 64 to "
           "512 of He et al. for ImageNet, `paper` the two networks of the AdaResNet paper."),
      Integer(ADARES_FIELD(model.depth), {1, 1000},
              "Layers with weights: 8, 14, 20, 32, 44, 56 or 110 for `cifar`, 18, 34, 50 or 101 "
              "for `resnet`, 18 or 50 for `paper`."),
      Word(ADARES_FIELD(model.stem),
           "What family `resnet` begins with: a 3x3 convolution, or a 7x7 one and a max-pool that "
           "halve the picture twice."),
      Word(ADARES_FIELD(model.norm),
           "Batch norm after each convolution, or nothing, with biases in the convolutions."),
      Word(ADARES_FIELD(model.last_norm),
           "The batch norm at the end of a residual branch: with scale and shift, with scales that "
           "start at 0, or without."),
      Number(ADARES_FIELD(model.branch_drop), kFraction,
             "Stochastic depth: how probably a step of training leaves out the last block's "
             "residual branch; earlier blocks have evenly less."),
  };
}

std::vector<TrialSpecField> MakeDataFields() {
  return {
      Word(ADARES_FIELD(data.dataset), "What to train on; `synthetic` needs no files."),
      Text(ADARES_FIELD(data.folder), kFolder,
           "Of dataset `folder`: a folder of PNG files by part and class, below the folder of data "
           "sets."),
      Word(ADARES_FIELD(data.augment), "Random changes of the training images."),
      Integer(ADARES_FIELD(data.cutout), {0, 1024},
              "Side of the square that is blanked at a random place of each training image; 0 "
              "blanks none."),
      Word(ADARES_FIELD(data.normalise),
           "Whether pixels are normalised by the channels' mean and standard deviation, or stay "
           "in 0..1."),
      Integer(ADARES_FIELD(data.train_size), {0, 10'000'000},
              "Training examples; 0 takes all that are not held out."),
      Number(ADARES_FIELD(data.train_fraction), kShare,
             "Share of the examples that are not held out to train on."),
      Integer(ADARES_FIELD(data.validation_size), {0, 10'000'000},
              "Examples held out of the training part, chosen by the seed; 0 holds out none and "
              "evaluates the test part after each epoch."),
      Integer(ADARES_FIELD(data.test_size), {0, 10'000'000},
              "First examples of the test part; 0 takes all."),
      Number(ADARES_FIELD(data.label_noise), kFraction,
             "Share of the training examples that get a wrong label, chosen by the seed."),
  };
}

std::vector<TrialSpecField> MakeTrainFields() {
  return {
      Integer(ADARES_FIELD(train.epochs), {1, 10'000}, "Passes over the training examples."),
      Integer(ADARES_FIELD(train.batch_size), {1, 65'536}, "Examples in one optimizer step."),
      Word(ADARES_FIELD(train.optimizer), "The optimizer."),
      Number(ADARES_FIELD(train.lr), kPositive, "Learning rate, where the schedule is highest."),
      Number(ADARES_FIELD(train.momentum), kFraction,
             "Momentum of `sgd` and `nesterov`; the others ignore it."),
      Number(ADARES_FIELD(train.weight_decay), kNonNegative,
             "L2 penalty; never on skip weights, biases and batch norm."),
      Word(ADARES_FIELD(train.schedule), "How the learning rate moves from start to end."),
      Number(ADARES_FIELD(train.warmup_epochs), kNonNegative,
             "Epochs, also parts of one, in which the learning rate first rises from 0."),
      Number(ADARES_FIELD(train.label_smoothing), kFraction,
             "Share of the training target that is spread over all classes."),
      Number(ADARES_FIELD(train.clip_norm), kNonNegative,
             "Longest gradient of all parameters together; 0 leaves it as it is."),
      Number(ADARES_FIELD(train.ema_decay), kFraction,
             "What is evaluated is a moving mean of the parameters with this decay a step; 0 "
             "evaluates the parameters themselves."),
      Word(ADARES_FIELD(train.precision),
           "Precision of convolutions and matrix products; `tf32` needs a GPU."),
      Integer(ADARES_FIELD(train.log_every), {1, 1'000'000'000},
              "Steps between two recorded values of each skip weight."),
  };
}

std::vector<TrialSpecField> MakeFields() {
  std::vector<TrialSpecField> fields = {
      Integer(ADARES_FIELD(seed), {0, kMaxInteger}, "Seed of everything random in the trial."),
  };
  for (auto make : {MakeModelFields, MakeSkipFields, MakeDataFields, MakeTrainFields}) {
    for (TrialSpecField& field : make()) fields.push_back(std::move(field));
  }
  std::sort(fields.begin(), fields.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return fields;
}

#undef ADARES_FIELD

std::string_view LastSegment(std::string_view path) {
  return path.substr(path.rfind('.') + 1);  // npos + 1 is 0
}

std::string_view GroupOf(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

}  // namespace

const std::vector<TrialSpecField>& TrialSpecFields() {
  static const auto& fields = *new std::vector<TrialSpecField>(MakeFields());
  return fields;
}

bool IsTrialSpecKey(std::string_view group, std::string_view key) {
  const std::vector<std::string> keys = TrialSpecKeysBelow(group);
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

const TrialSpecField* FindTrialSpecField(std::string_view path) {
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path == path) return &field;
  }
  return nullptr;
}

std::vector<std::string> TrialSpecKeysBelow(std::string_view group) {
  const std::string prefix = group.empty() ? "" : absl::StrCat(std::string(group), ".");
  std::set<std::string> keys;
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (!field.path.starts_with(prefix)) continue;
    const std::string rest = field.path.substr(prefix.size());
    keys.insert(rest.substr(0, rest.find('.')));
  }
  return {keys.begin(), keys.end()};
}

bool IsTrialSpecGroup(std::string_view path) { return !TrialSpecKeysBelow(path).empty(); }

absl::Status UnknownWordError(const std::string& path, const std::vector<std::string>& words,
                              const std::string& text) {
  const auto nearest = NearMiss(text, words);
  return FieldError(
      path, OneOf(words), text,
      absl::StrCat("is none of them",
                   nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?") : ""));
}

std::string UnknownKeyMessage(std::string_view group, std::string_view key,
                              const std::vector<std::string>& more_paths) {
  std::string message = absl::StrCat("unknown key ", Quoted(key));
  if (!group.empty()) absl::StrAppend(&message, " in ", std::string(group));
  std::vector<std::string> siblings = TrialSpecKeysBelow(group);
  for (const std::string& path : more_paths) {
    if (GroupOf(path) == group) siblings.emplace_back(LastSegment(path));
  }
  std::sort(siblings.begin(), siblings.end());
  if (NearMiss(key, siblings)) return message + DidYouMean(key, siblings);
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path == key) return message + "; write its parts as nested keys";
    if (LastSegment(field.path) == key) {
      return absl::StrCat(message, "; the field is ", field.path);
    }
  }
  for (const std::string& path : more_paths) {
    if (LastSegment(path) == key) return absl::StrCat(message, "; the field is ", path);
  }
  return message + DidYouMean(key, siblings);
}

std::string UnknownPathMessage(std::string_view path, const std::vector<std::string>& more_paths) {
  const std::string prefix = absl::StrCat(std::string(path), ".");
  std::vector<std::string> paths = more_paths;
  for (const TrialSpecField& field : TrialSpecFields()) {
    if (field.path != kSeedPath) paths.push_back(field.path);
  }
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> below;
  for (const std::string& known : paths) {
    if (known.starts_with(prefix)) below.push_back(known);
  }
  if (!below.empty()) {
    return absl::StrCat(std::string(path), " is a group of fields; name one of ",
                        absl::StrJoin(below, ", "));
  }
  return absl::StrCat("there is no field ", Quoted(path), DidYouMean(path, paths));
}

}  // namespace adares
