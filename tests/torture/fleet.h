// The real programs: a server, and workers that reach it over links.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/fixtures/program.h"
#include "tests/torture/link.h"
#include "tests/torture/settings.h"

namespace adares::torture {

enum class Trainer { kReal, kScripted };

// The value of the label `trainer` of workers, and what sweeps ask for.
std::string Name(Trainer trainer);

// Use it from the main thread only.
class Fleet {
 public:
  struct Member {
    std::string name;
    Trainer trainer;
    int slots;
    std::unique_ptr<Link> link;
    std::unique_ptr<fixtures::Program> program;  // null while it is down
  };

  // `epoch_milliseconds`: what an epoch of a scripted trainer takes. Starts the server.
  Fleet(Network network, std::string folder, int epoch_milliseconds);
  // Ends everything.
  ~Fleet();

  // What leases last on this fleet's server.
  static constexpr int kLeaseSeconds = 3;

  // Does not wait until it answers.
  void StartServer();
  fixtures::Program& server() { return *server_; }
  int server_starts() const { return server_starts_; }

  void AddWorker(Trainer trainer, int slots);
  std::vector<Member>& members() { return members_; }
  void Start(Member& member);

  // From where people call; null where they sit at the server.
  Link* people() { return people_.get(); }
  // `adares` with these arguments, under way.
  std::unique_ptr<fixtures::Program> Adares(const std::vector<std::string>& arguments);

  std::string database() const { return folder_ + "/state/adares.db"; }
  std::string artifacts() const { return folder_ + "/state/artifacts"; }
  const std::string& folder() const { return folder_; }
  std::string logs() const { return folder_ + "/logs"; }

 private:
  std::string NewLog(const std::string& program);
  // The server says which port it got.
  int TakePort();

  const Network network_;
  const std::string folder_;
  const int epoch_milliseconds_;
  int logs_ = 0;
  int port_ = 0;
  int server_starts_ = 0;
  std::unique_ptr<Link> people_;
  std::unique_ptr<fixtures::Program> server_;
  std::vector<Member> members_;
};

}  // namespace adares::torture
