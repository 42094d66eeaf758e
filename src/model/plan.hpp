// SPDX-License-Identifier: LGPL-2.1-or-later
// A plan: the steps that follow from a verdict, each one thing the executor does and a person
// can read as a sentence before it is done.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "model/cdi.hpp"
#include "model/policy.hpp"
#include "model/records.hpp"
#include "model/runtimes.hpp"

namespace gpuboot::model {

struct Activate { ///< /run/gpuboot/active -> the bake
    std::string bake;
    bool vendor = false; ///< it lies in the read-only store
    bool operator==(const Activate&) const = default;
};
struct Deactivate {
    bool operator==(const Deactivate&) const = default;
};
struct LoadModule { ///< the bytes with this digest, not whatever the path holds by then
    std::string bake;
    std::string name;
    std::string sha256;
    std::vector<std::string> depends; ///< modules of the kernel's own tree to load first
    bool operator==(const LoadModule&) const = default;
};
struct UnloadModule { ///< never forced; done only when /sys/module no longer shows it
    std::string name;
    bool operator==(const UnloadModule&) const = default;
};
struct StopUnit { ///< a daemon that is known to do nothing but hold the driver's devices
    std::string unit;
    unsigned timeout_seconds = 10; ///< the check has 30 for everything
    bool operator==(const StopUnit&) const = default;
};
struct RequestRebuild { ///< leave /run/gpuboot/next/rebuild for the next unit of the chain
    bool operator==(const RequestRebuild&) const = default;
};
struct RequestLoader { ///< leave /run/gpuboot/next/loader: its cache is no longer right
    bool operator==(const RequestLoader&) const = default;
};
struct SetFirmwarePath { ///< where the kernel looks for firmware first
    std::string path;
    bool operator==(const SetFirmwarePath&) const = default;
};
struct MakeNode {
    std::string path;
    unsigned major = 0, minor = 0;
    unsigned mode = 0666, uid = 0, gid = 0;
    bool operator==(const MakeNode&) const = default;
};
struct MakeLink {
    std::string path;
    std::string target;
    bool operator==(const MakeLink&) const = default;
};
struct Remove { ///< a node or link of ours
    std::string path;
    bool operator==(const Remove&) const = default;
};
struct TestReady {
    ReadyTest test = ReadyTest::Open;
    std::vector<std::string> nodes; ///< /dev/nvidiaN of each GPU
    int timeout_seconds = 10;
    bool operator==(const TestReady&) const = default;
};
struct TestFabric { ///< wait until the fabric manager has taken every GPU into the NVLink fabric
    int timeout_seconds = 60;
    bool operator==(const TestFabric&) const = default;
};
struct WriteCdi { ///< old or new content, never a mixture
    CdiSpec spec;
    bool operator==(const WriteCdi&) const = default;
};
struct ConfigureRuntime { ///< it is started anew if it runs: it reads its configuration only then
    std::string runtime;
    std::vector<RuntimeFile> files;
    std::string unit;
    bool operator==(const ConfigureRuntime&) const = default;
};
struct WithdrawCdi { ///< no container gets a GPU that is not ready
    bool operator==(const WithdrawCdi&) const = default;
};
struct StartUnit {
    std::string unit;
    bool critical = false; ///< started, waited for, fatal; else enqueued only
    std::string why{};     ///< which part of the machine wants it; "" when policy names it
    bool operator==(const StartUnit&) const = default;
};
struct DeferUnit { ///< enqueued once gpu-ready.target is reached; nobody waits for it
    std::string unit;
    std::string why{}; ///< which part of the machine wants it; "" when policy names it
    bool operator==(const DeferUnit&) const = default;
};
struct ReloadUnit { ///< if it runs; nobody waits for it
    std::string unit;
    bool operator==(const ReloadUnit&) const = default;
};
struct WriteRecord { ///< on disk when it is done
    Record record;
    bool operator==(const WriteRecord&) const = default;
};
struct MarkReady { ///< /run/gpuboot/ready
    bool operator==(const MarkReady&) const = default;
};

using Step = std::variant<Activate, Deactivate, LoadModule, UnloadModule, StopUnit, RequestRebuild,
                          RequestLoader, SetFirmwarePath, MakeNode, MakeLink, Remove, TestReady,
                          TestFabric, WriteCdi, WithdrawCdi, ConfigureRuntime, StartUnit, DeferUnit,
                          ReloadUnit, WriteRecord, MarkReady>;
using Plan = std::vector<Step>;

std::string to_text(const Step& step);

} // namespace gpuboot::model
