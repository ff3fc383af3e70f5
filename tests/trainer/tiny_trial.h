// The smallest trial that still goes through everything.
#pragma once

#include <string>
#include <utility>

#include "core/trainer_protocol.h"

namespace adares {

// Two epochs of six steps, the last batch of an epoch short.
inline TrialSpec TinySpec() {
  TrialSpec spec;
  spec.model.skip = {Granularity::kBlock, {SkipInit::Kind::kNormal, 0.5, 0.1}};
  spec.data.augment = Augment::kCrop;
  spec.data.train_size = 90;
  spec.data.validation_size = 40;
  spec.data.test_size = 30;
  spec.train.epochs = 2;
  spec.train.batch_size = 16;
  spec.train.lr = 0.05;
  spec.train.weight_decay = 1e-4;
  spec.train.log_every = 4;
  spec.seed = 3;
  return spec;
}

inline trainer_protocol::TrainCommand Command(TrialSpec spec) {
  return {"sweeps/s1/trials/t1", 1, std::move(spec)};
}

}  // namespace adares
