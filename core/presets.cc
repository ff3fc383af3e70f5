// The tables of methods and recipes.
#include "core/presets.h"

namespace adares {
namespace {

constexpr char kGranularity[] = "model.skip.granularity";
constexpr char kPlacement[] = "model.skip.placement";
constexpr char kInit[] = "model.skip.init";
constexpr char kConstraint[] = "model.skip.constraint";
constexpr char kTrain[] = "model.skip.train";

// One constant for all sums of the network.
Preset Constant(std::string name, std::string value, std::string doc) {
  return {std::move(name),
          std::move(doc),
          {{kGranularity, "unified"}, {kInit, std::move(value)}, {kTrain, "frozen"}}};
}

// AdaResNet with the initial value of its first program.
Preset AdaResNet(std::string name, std::string granularity, std::string doc) {
  return {std::move(name), std::move(doc), {{kGranularity, std::move(granularity)}, {kInit, "0"}}};
}

std::vector<Preset> MakeMethods() {
  return {
      {"resnet",
       "He et al. 2016, [1512.03385](https://arxiv.org/abs/1512.03385), equations 1 and 2.",
       {{kGranularity, "none"}}},
      Constant("plain", "0", "The network without skips."),
      Constant("fixed2x", "2",
               "A constant on the skip path, as "
               "[1603.05027](https://arxiv.org/abs/1603.05027) studies it."),
      {"halved",
       "Constant scaling of both paths by 0.5, He et al. 2016, "
       "[1603.05027](https://arxiv.org/abs/1603.05027), section 3.1.",
       {{kGranularity, "unified"}, {kPlacement, "convex"}, {kInit, "0.5"}, {kTrain, "frozen"}}},
      {"norm_preserving",
       "Constants whose squares add up to 1, so that a sum of two paths of variance 1 has it too.",
       {{kGranularity, "unified"},
        {kPlacement, "spherical"},
        {kInit, "0.7071"},
        {kTrain, "frozen"}}},
      AdaResNet("ada_v1", "block",
                "AdaResNet, [2408.09958](https://arxiv.org/abs/2408.09958), equation 2, as its "
                "first published program has it."),
      {"ada_v2",
       "AdaResNet, as its second published program has it.",
       {{kGranularity, "block"},
        {"model.skip.init_identity", "0"},
        {"model.skip.init_convolutional", "normal(0, 0.05)"}}},
      AdaResNet("ada_unified", "unified", "AdaResNet with one weight."),
      AdaResNet("ada_stage", "stage", "AdaResNet with one weight a stage."),
      AdaResNet("ada_blocktype", "block-type",
                "AdaResNet with one weight for identity and one for convolutional blocks."),
      AdaResNet("ada_channel", "channel", "AdaResNet with one weight a channel."),
      {"ada_matched",
       "AdaResNet whose paths begin equally strong, measured on the first batch.",
       {{kGranularity, "block"}, {kInit, "match-rms(1)"}}},
      {"admin",
       "Admin, [2004.08249](https://arxiv.org/abs/2004.08249), section 4: skip paths begin with "
       "the "
       "variance that the residual branches before them add up to, measured on the first batch.",
       {{kGranularity, "channel"}, {kInit, "admin(1)"}}},
      {"rezero",
       "ReZero, [2003.04887](https://arxiv.org/abs/2003.04887).",
       {{kGranularity, "block"}, {kPlacement, "residual"}, {kInit, "0"}}},
      {"skipinit",
       "SkipInit, [2002.10444](https://arxiv.org/abs/2002.10444): no normalisation, and residual "
       "branches that begin small.",
       {{kGranularity, "block"},
        {kPlacement, "residual"},
        {kInit, "root-depth(1)"},
        {"model.norm", "none"}}},
      {"layerscale",
       "LayerScale, [2103.17239](https://arxiv.org/abs/2103.17239), section 2; 0.1 is for up to "
       "18 layers, 1e-5 for 24 and 1e-6 for deeper ones.",
       {{kGranularity, "channel"}, {kPlacement, "residual"}, {kInit, "0.1"}}},
      {"layerscale_small",
       "LayerScale with the initial value for 24 layers.",
       {{kGranularity, "channel"}, {kPlacement, "residual"}, {kInit, "0.00001"}}},
      {"zero_gamma",
       "Goyal et al. 2017, [1706.02677](https://arxiv.org/abs/1706.02677), section 5.1: the last "
       "scales of each residual branch begin at 0.",
       {{kGranularity, "none"}, {"model.last_norm", "zero"}}},
      {"weighted_residual",
       "Weighted residual networks, [1605.08831](https://arxiv.org/abs/1605.08831): weights kept "
       "in -1..1.",
       {{kGranularity, "block"},
        {kPlacement, "residual"},
        {kInit, "0"},
        {kConstraint, "clamp(-1, 1)"}}},
      {"residual_gate",
       "One weight a block on the residual branch, from 1: after "
       "[1611.01260](https://arxiv.org/abs/1611.01260), whose gates have one parameter a layer; "
       "here it stands in the sum as it is.",
       {{kGranularity, "block"}, {kPlacement, "residual"}, {kInit, "1"}}},
      {"inception",
       "A small constant on the residual branch, as "
       "[1602.07261](https://arxiv.org/abs/1602.07261), section 3.3, scales it.",
       {{kGranularity, "unified"}, {kPlacement, "residual"}, {kInit, "0.2"}, {kTrain, "frozen"}}},
      {"deepnorm_like",
       "The constant (2 L)^(1/4) on the skip path of L blocks, as DeepNorm, "
       "[2203.00555](https://arxiv.org/abs/2203.00555), figure 2, has it of encoders; without its "
       "initial scale of the residual branch, and without a norm after the sum.",
       {{kGranularity, "unified"}, {kInit, "depth-power(2, 0.25)"}, {kTrain, "frozen"}}},
      {"decayed",
       "Decayed identity shortcuts, [2404.10947](https://arxiv.org/abs/2404.10947): constants that "
       "fall evenly with depth, here from 1 to 0.5.",
       {{kGranularity, "block"}, {kInit, "decay(0.5)"}, {kTrain, "frozen"}}},
      {"normformer",
       "A weight of each channel on the skip path, from 1, as NormFormer, "
       "[2110.09456](https://arxiv.org/abs/2110.09456), scales it.",
       {{kGranularity, "channel"}, {kInit, "1"}}},
      {"highway_scalar",
       "Highway networks, [1505.00387](https://arxiv.org/abs/1505.00387), equation 3, with a gate "
       "that does not see the input; 0.88 is a bias of -2 on the transform gate.",
       {{kGranularity, "block"},
        {kPlacement, "convex"},
        {kInit, "0.88"},
        {kConstraint, "sigmoid(1)"}}},
      {"stochdepth",
       "Stochastic depth, [1603.09382](https://arxiv.org/abs/1603.09382): residual branches are "
       "left out of training at random, that of the last block in half of the steps.",
       {{kGranularity, "none"}, {"model.branch_drop", "0.5"}}},
  };
}

std::vector<Preset> MakeRecipes() {
  return {
      {"faithful",
       "The published program of AdaResNet, [2408.09958](https://arxiv.org/abs/2408.09958): what "
       "is evaluated after each epoch is the test part.",
       {{"data.augment", "none"},
        {"data.normalise", "off"},
        {"data.validation_size", "0"},
        {"train.batch_size", "32"},
        {"train.epochs", "10"},
        {"train.lr", "0.001"},
        {"train.optimizer", "keras-adam"},
        {"train.schedule", "constant"},
        {"train.weight_decay", "0"}}},
      {"clean",
       "Stochastic gradient descent as it is usual for ResNets on small pictures, after He et al. "
       "2016, section 4.2, with a cosine schedule.",
       {{"data.augment", "crop-flip"},
        {"data.normalise", "on"},
        {"data.validation_size", "5000"},
        {"train.batch_size", "128"},
        {"train.epochs", "30"},
        {"train.lr", "0.1"},
        {"train.momentum", "0.9"},
        {"train.optimizer", "nesterov"},
        {"train.schedule", "cosine"},
        {"train.warmup_epochs", "1"},
        {"train.weight_decay", "0.0005"}}},
  };
}

}  // namespace

const std::vector<Preset>& MethodPresets() {
  static const auto& presets = *new std::vector<Preset>(MakeMethods());
  return presets;
}

const std::vector<Preset>& RecipePresets() {
  static const auto& presets = *new std::vector<Preset>(MakeRecipes());
  return presets;
}

const std::vector<std::string>& PresetPaths() {
  static const auto& paths = *new std::vector<std::string>{kMethodPath, kRecipePath};
  return paths;
}

const std::vector<Preset>* PresetsAt(std::string_view path) {
  if (path == kMethodPath) return &MethodPresets();
  if (path == kRecipePath) return &RecipePresets();
  return nullptr;
}

const Preset* FindPreset(std::string_view path, std::string_view name) {
  const std::vector<Preset>* presets = PresetsAt(path);
  if (presets == nullptr) return nullptr;
  for (const Preset& preset : *presets) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

}  // namespace adares
