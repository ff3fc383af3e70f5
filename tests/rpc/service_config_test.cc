// That clients send again what may be sent again, and nothing else.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "adares/v1/admin_service.pb.h"
#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/sweep_service.pb.h"
#include "adares/v1/trial_service.pb.h"
#include "adares/v1/worker_service.pb.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* file :
       {v1::CreateSweepRequest::descriptor()->file(), v1::ListTrialsRequest::descriptor()->file(),
        v1::QueryMetricsRequest::descriptor()->file(), v1::SyncRequest::descriptor()->file(),
        v1::GetServerInfoRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      const ServiceDescriptor* const service = file->service(i);
      for (int j = 0; j < service->method_count(); ++j) methods.push_back(service->method(j));
    }
  }
  return methods;
}

bool HasRequestId(const MethodDescriptor& method) {
  return method.input_type()->FindFieldByName("request_id") != nullptr;
}

bool OnlyReads(const MethodDescriptor& method) {
  for (const char* verb : {"Get", "List", "Watch", "Tail", "Query", "Compare"}) {
    if (method.name().starts_with(verb)) return true;
  }
  return false;
}

// The full names of the methods that the retry policy names.
std::set<std::string> SentAgain() {
  const auto config = nlohmann::json::parse(ReadSourceFile("proto/adares/v1/service_config.json"));
  std::set<std::string> named;
  for (const auto& entry : config["methodConfig"]) {
    for (const auto& name : entry["name"]) {
      for (const MethodDescriptor* method : AllMethods()) {
        if (method->service()->full_name() != name["service"]) continue;
        if (name.value("method", method->name()) == method->name()) {
          named.insert(method->full_name());
        }
      }
    }
  }
  return named;
}

TEST(ServiceConfigTest, WhatHasARequestIdIsSentAgain) {
  const std::set<std::string> named = SentAgain();
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_TRUE(!HasRequestId(*method) || named.contains(method->full_name())) << method->name();
  }
}

TEST(ServiceConfigTest, NothingElseThatChangesSomethingIsSentAgain) {
  const std::set<std::string> named = SentAgain();
  EXPECT_GT(named.size(), 10U);
  for (const MethodDescriptor* method : AllMethods()) {
    if (!named.contains(method->full_name())) continue;
    EXPECT_TRUE(HasRequestId(*method) || OnlyReads(*method)) << method->full_name();
  }
}

TEST(ServiceConfigTest, ThePageNamesAllCallsWithARequestId) {
  const std::string page = ReadSourceFile("docs/decisions/0007-api-conventions.md");
  const size_t begin = page.find("take a `request_id`");
  const std::string list = page.substr(begin, page.find("Its answer", begin) - begin);
  for (const MethodDescriptor* method : AllMethods()) {
    EXPECT_EQ(list.find("`" + method->name() + "`") != std::string::npos, HasRequestId(*method))
        << method->name();
  }
}

}  // namespace
}  // namespace adares
