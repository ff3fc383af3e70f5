// What a worker may say of itself.
#include "core/registration.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "core/label.h"
#include "core/report_limits.h"

namespace adares {
namespace {

using testing::StartsWith;

WorkerRecord Plain() {
  WorkerRecord worker;
  worker.name = "w1";
  worker.instance = "i";
  worker.slots = 1;
  return worker;
}

std::string Refusal(const WorkerRecord& worker) {
  return std::string(CheckRegistration({worker}).message());
}

TEST(RegistrationTest, APlainWorkerAndTheLargestOneAreTaken) {
  EXPECT_EQ(Refusal(Plain()), "");
  WorkerRecord largest = Plain();
  const std::string text(kMaxNameBytes, 'x');
  largest.name = std::string(63, 'w');
  largest.instance = largest.hostname = largest.version = largest.capability.device = text;
  largest.slots = kMaxSlots;
  for (size_t i = 0; i < kMaxLabels; ++i) {
    largest.capability.labels[absl::StrCat("l", i)] = std::string(kLongestLabelValue, 'x');
  }
  largest.capability.datasets.emplace();
  for (size_t i = 0; i < kMaxWorkerDatasets; ++i) {
    largest.capability.datasets->insert(absl::StrCat("folder/", i));
  }
  EXPECT_EQ(Refusal(largest), "");
}

TEST(RegistrationTest, NameInstanceAndSlotsAreChecked) {
  WorkerRecord worker = Plain();
  worker.name = "W1";
  EXPECT_THAT(Refusal(worker), StartsWith("worker: "));
  worker = Plain();
  worker.instance = "";
  EXPECT_THAT(Refusal(worker), StartsWith("instance: "));
  for (const int slots : {-1, 0, kMaxSlots + 1}) {
    worker = Plain();
    worker.slots = slots;
    EXPECT_THAT(Refusal(worker), StartsWith("slots: "));
  }
}

TEST(RegistrationTest, WhatIsTooLongOrTooMuchIsNamed) {
  const std::string text(kMaxNameBytes + 1, 'x');
  WorkerRecord worker = Plain();
  worker.instance = text;
  EXPECT_THAT(Refusal(worker), StartsWith("instance: "));
  worker = Plain();
  worker.hostname = text;
  EXPECT_THAT(Refusal(worker), StartsWith("hostname: "));
  worker = Plain();
  worker.version = text;
  EXPECT_THAT(Refusal(worker), StartsWith("version: "));
  worker = Plain();
  worker.capability.device = text;
  EXPECT_THAT(Refusal(worker), StartsWith("device: "));
  worker = Plain();
  worker.capability.memory_bytes = -1;
  EXPECT_THAT(Refusal(worker), StartsWith("memory_bytes: "));
}

TEST(RegistrationTest, LabelsAndDataSetsAreChecked) {
  WorkerRecord worker = Plain();
  worker.capability.labels = {{"no spaces", "x"}};
  EXPECT_THAT(Refusal(worker), StartsWith("labels: "));
  worker.capability.labels = {{"site", std::string(kLongestLabelValue + 1, 'x')}};
  EXPECT_THAT(Refusal(worker), StartsWith("labels: site is longer"));
  worker.capability.labels = {};
  for (size_t i = 0; i <= kMaxLabels; ++i) worker.capability.labels[absl::StrCat("l", i)] = "";
  EXPECT_THAT(Refusal(worker), StartsWith("labels: at most"));
  worker = Plain();
  for (const std::string& name : {std::string(), std::string(kLongestDatasetName + 1, 'x')}) {
    worker.capability.datasets = {name};
    EXPECT_THAT(Refusal(worker), StartsWith("datasets: names have"));
  }
  worker.capability.datasets->clear();
  for (size_t i = 0; i <= kMaxWorkerDatasets; ++i) {
    worker.capability.datasets->insert(absl::StrCat(i));
  }
  EXPECT_THAT(Refusal(worker), StartsWith("datasets: at most"));
}

}  // namespace
}  // namespace adares
