#include "tests/torture/sweeps.h"

#include "absl/strings/str_cat.h"

namespace adares::torture {
namespace {

// Every scripted trial has such an accuracy long before.
const char* FormLines(Form form) {
  switch (form) {
    case Form::kStopping:
      return "stop:\n"
             "  rule: {type: target, metric: train/accuracy, above: 0.9, after_epoch: 10}\n";
    case Form::kParallel:
      return "schedule: {max_parallel: 2}\n";
    case Form::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string SweepFile(const Sweep& sweep, const std::string& name) {
  const bool real = sweep.trainer == Trainer::kReal;
  return absl::StrCat(
      "apiVersion: adares/v1\n"
      "kind: Sweep\n"
      "name: ",
      name,
      "\n"
      "base:\n"
      "  model: {family: cifar, depth: 8}\n"
      "  data: {dataset: synthetic, train_size: 512, validation_size: 128, test_size: 128}\n"
      "  train: {epochs: ",
      real ? 4 : 20,
      ", batch_size: 64, lr: 0.05, log_every: 2}\n"
      "axes:\n"
      "  granularity: {path: model.skip.granularity, values: [none, block]}\n"
      "replicates:\n"
      "  seeds: [",
      real ? "0" : "0, 1, 2, 3, 4, 5",
      "]\n"
      "resources: {labels: {trainer: ",
      Name(sweep.trainer), "}}\n", FormLines(sweep.form));
}

}  // namespace adares::torture
