// A link that is a pair of virtual Ethernet devices between two network namespaces: what is cut is
// cut for the kernel, which goes on to send again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/fixtures/program.h"
#include "tests/torture/link.h"

namespace adares::torture {

// Needs root. The devices vanish with the process that holds the worker's namespace.
class NamespaceLink : public Link {
 public:
  NamespaceLink(int number, int port, const std::string& folder);

  std::string address() const override;
  std::vector<std::string> AtTheFarEnd(std::vector<std::string> command) const override;
  void Cut() override;
  void Slow() override;
  void Break() override;
  void Mend() override;

 private:
  // Throws std::runtime_error where the command fails.
  void Run(const std::vector<std::string>& command);
  void SetUp(bool up);

  const int number_;
  const int port_;
  const std::string folder_;
  const std::string device_;  // the server's end
  bool is_slow_ = false;
  std::unique_ptr<fixtures::Program> holder_;
};

}  // namespace adares::torture
