// A real Prometheus with the configuration of deploy/ scrapes a real server.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/e2e/programs_fixture.h"
#include "tests/fixtures/http_get.h"

namespace adares {
namespace {

namespace fs = std::filesystem;

class PrometheusTest : public ProgramsTest {
 protected:
  void SetUp() override {
    if (std::string(ADARES_PROMETHEUS).empty()) GTEST_SKIP() << "prometheus is not installed";
    ProgramsTest::SetUp();
    UseLoopback();
    StartServer();
    StartPrometheus();
  }
  void TearDown() override {
    prometheus_.reset();
    ProgramsTest::TearDown();
  }

  void StartPrometheus() {
    const std::string deploy = ADARES_SOURCE_DIR "/deploy/prometheus/";
    fs::create_directory(folder_ / "prometheus");
    fs::copy_file(deploy + "alerts.yml", folder_ / "prometheus/alerts.yml");
    std::string config = fixtures::ReadTextFile(deploy + "prometheus.yml");
    const std::string target = "127.0.0.1:7071";
    ASSERT_NE(config.find(target), std::string::npos);
    config.replace(config.find(target), target.size(), http_address_);
    config.replace(config.find("scrape_interval: 15s"), 20, "scrape_interval: 1s");
    fixtures::WriteTextFile(folder_ / "prometheus/prometheus.yml", config);
    // Prometheus takes no port 0. A port that was free may be taken by the time it listens.
    for (int tries = 0; tries < 5 && !(prometheus_ && Answers()); ++tries) Launch();
    ASSERT_FALSE(prometheus_->end()) << prometheus_->Errors();
  }

  void Launch() {
    address_ = "127.0.0.1:" + std::to_string(fixtures::FreePort());
    prometheus_ = std::make_unique<fixtures::Program>(fixtures::Program::Options{
        .path = ADARES_PROMETHEUS,
        .arguments = {"--config.file=" + (folder_ / "prometheus/prometheus.yml"),
                      "--storage.tsdb.path=" + (folder_ / "prometheus/data"),
                      "--web.listen-address=" + address_},
        .log = folder_ / "prometheus/log"});
  }

  bool Answers() {
    fixtures::Await([this] {
      return prometheus_->end() || fixtures::HttpGet(address_, "/-/ready").code == 200;
    });
    return !prometheus_->end();
  }

  // The value of an instant query; empty while there is none.
  std::string Query(const std::string& query) const {
    const fixtures::HttpAnswer answer = fixtures::HttpGet(address_, "/api/v1/query?query=" + query);
    const auto result = nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    if (result.is_discarded() || result["data"]["result"].empty()) return "";
    return result["data"]["result"][0]["value"][1].get<std::string>();
  }

  std::string address_;
  std::unique_ptr<fixtures::Program> prometheus_;
};

TEST_F(PrometheusTest, ScrapesTheServerAndSeesItsQueue) {
  Submit({.name = "study", .granularities = {"none", "block"}, .seeds = {0, 1, 2}});
  EXPECT_TRUE(fixtures::Await([this] { return Query("sum(adares_trials)") == "6"; }))
      << prometheus_->Errors();
  EXPECT_EQ(Query("up"), "1");
  const fixtures::HttpAnswer rules = fixtures::HttpGet(address_, "/api/v1/rules");
  EXPECT_NE(rules.body.find("AdaresCoordinatorDown"), std::string::npos) << rules.body;
}

}  // namespace
}  // namespace adares
