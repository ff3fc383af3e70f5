#include "tests/torture/fleet.h"

#include <regex>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::torture {

using fixtures::Program;

namespace {

constexpr int kPeoplesLink = 99;  // after those of the workers

}  // namespace

std::string Name(Trainer trainer) { return trainer == Trainer::kReal ? "real" : "scripted"; }

Fleet::Fleet(Network network, std::string folder, int epoch_milliseconds)
    : network_(network), folder_(std::move(folder)), epoch_milliseconds_(epoch_milliseconds) {
  fixtures::WriteTextFile(folder_ + "/logs/about",
                          "What each program said, by the order of their starts.\n");
  StartServer();
  port_ = TakePort();
  if (network_ == Network::kNamespaces) {
    people_ = MakeLink(network_, kPeoplesLink, port_, logs());
  }
}

Fleet::~Fleet() {
  for (Member& member : members_) member.program.reset();
  server_.reset();
  members_.clear();
  people_.reset();
  fixtures::KillDescendants();
}

// Leases are short, so that many end in a test.
void Fleet::StartServer() {
  ++server_starts_;
  const bool local = network_ == Network::kProxies;
  Program::Options options = {.path = ADARES_SERVER_PROGRAM, .log = NewLog("server")};
  options.arguments = {"--state",         folder_ + "/state",
                       "--listen",        absl::StrCat(local ? "127.0.0.1:" : "0.0.0.0:", port_),
                       "--http",          "none",
                       "--lease",         std::to_string(kLeaseSeconds),
                       "--sync-interval", "0.5"};
  if (!local) options.arguments.push_back("--insecure");
  server_ = std::make_unique<Program>(std::move(options));
}

int Fleet::TakePort() {
  static const std::regex kServing("serving .* grpc=[0-9.]+:([0-9]+)");
  std::smatch found;
  if (!server_->Says(" grpc=")) throw std::runtime_error("the server: " + server_->Errors());
  const std::string log = server_->Errors();
  if (!std::regex_search(log, found, kServing)) throw std::runtime_error("no port in: " + log);
  return std::stoi(found[1]);
}

void Fleet::AddWorker(Trainer trainer, int slots) {
  const int number = static_cast<int>(members_.size());
  members_.push_back({absl::StrCat("w", number), trainer, slots,
                      MakeLink(network_, number, port_, logs()), nullptr});
  Start(members_.back());
}

void Fleet::Start(Member& member) {
  const std::string folder = absl::StrCat(folder_, "/", member.name);
  std::vector<std::string> command = {ADARES_WORKER_PROGRAM,
                                      "--server",
                                      member.link->address(),
                                      "--name",
                                      member.name,
                                      "--state",
                                      folder,
                                      "--slots",
                                      std::to_string(member.slots),
                                      "--device",
                                      "cpu",
                                      "--threads",
                                      "1",
                                      "--checkpoint-seconds",
                                      "1",
                                      "--label",
                                      "trainer=" + Name(member.trainer)};
  if (member.trainer == Trainer::kScripted) {
    command.insert(command.end(), {"--trainer", ADARES_SCRIPTED_TRAINER});
  }
  command = member.link->AtTheFarEnd(std::move(command));
  Program::Options options = {.path = command.front(),
                              .arguments = {command.begin() + 1, command.end()},
                              .log = NewLog(member.name)};
  options.environment["XDG_CACHE_HOME"] = folder_;
  options.environment["ADARES_SCRIPT"] = absl::StrCat(
      "points_per_epoch=5,checkpoint_every=2,log_lines=2,flag_after=3,attempt_points=1,"
      "delay_ms=",
      epoch_milliseconds_);
  member.program = std::make_unique<Program>(std::move(options));
}

std::unique_ptr<Program> Fleet::Adares(const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {ADARES_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::string server = absl::StrCat("127.0.0.1:", port_);
  if (people_ != nullptr) {
    command = people_->AtTheFarEnd(std::move(command));
    server = people_->address();
  }
  Program::Options options = {.path = command.front(),
                              .arguments = {command.begin() + 1, command.end()},
                              .log = NewLog("adares")};
  options.environment["ADARES_SERVER"] = server;
  return std::make_unique<Program>(std::move(options));
}

std::string Fleet::NewLog(const std::string& program) {
  return absl::StrCat(logs(), "/", ++logs_, "-", program);
}

}  // namespace adares::torture
