#include "tests/torture/link.h"

#include "tests/torture/namespace_link.h"
#include "tests/torture/proxy_link.h"

namespace adares::torture {

std::unique_ptr<Link> MakeLink(Network network, int number, int port, const std::string& folder) {
  if (network == Network::kNamespaces) return std::make_unique<NamespaceLink>(number, port, folder);
  return std::make_unique<ProxyLink>(port);
}

}  // namespace adares::torture
