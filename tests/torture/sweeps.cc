#include "tests/torture/sweeps.h"

#include "absl/strings/str_cat.h"

namespace adares::torture {

std::string SweepFile(Trainer trainer, const std::string& name) {
  const bool real = trainer == Trainer::kReal;
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
      Name(trainer), "}}\n");
}

}  // namespace adares::torture
