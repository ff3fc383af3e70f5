// The way from one worker to the server, which can be made bad.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/torture/settings.h"

namespace adares::torture {

// Not thread-safe. A link outlives the programs at its end.
class Link {
 public:
  virtual ~Link() = default;

  // Where the worker finds the server.
  virtual std::string address() const = 0;
  // The command that runs `command` at the worker's end.
  virtual std::vector<std::string> AtTheFarEnd(std::vector<std::string> command) const = 0;

  // From now on nothing passes, and neither end is told.
  virtual void Cut() = 0;
  // From now on what passes takes long.
  virtual void Slow() = 0;
  // What is connected now loses its connection, whatever is under way with it.
  virtual void Break() = 0;
  // As it was at first.
  virtual void Mend() = 0;
};

// The server listens on this port of all addresses that the network needs. `number`, from 0, is the
// link's own. Throws std::runtime_error where it cannot be made.
std::unique_ptr<Link> MakeLink(Network network, int number, int port, const std::string& folder);

}  // namespace adares::torture
