// Client channels to a coordinator. Thread-safe.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace adares {

// Largest message either side accepts.
inline constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

// `address` is `HOST:PORT` or `unix:PATH`. The channel connects by itself and again after a loss;
// the peer has 5 s to answer. Keep-alive pings notice a dead peer within about 40 s. Transport is
// not encrypted: coordinators listen on loopback or a Unix socket unless their operator says
// otherwise.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address);

}  // namespace adares
