// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build_unit.hpp"

#include "base/names.hpp"

namespace gpuboot::execute {

bool can_run_units(const Root& root) {
    return root.is_system() && root.exists("/run/systemd/system") &&
           root.exists("/run/dbus/system_bus_socket") && root.exists("/usr/bin/systemd-run");
}

const std::vector<std::string>& build_unit_walls() {
    static const std::vector<std::string> walls{
        // The user is a static one; with DynamicUser= come its walls: no setuid file, no IPC left
        // behind.
        "User=" + std::string(names::build_user), "DynamicUser=yes", "PrivateUsers=yes",
        "PrivateNetwork=yes", "PrivateDevices=yes", "PrivateIPC=yes", "PrivateTmp=yes",
        "PrivateMounts=yes", "DevicePolicy=closed", "ProtectSystem=strict", "ProtectHome=yes",
        "ProtectHostname=yes", "ProtectClock=yes", "ProtectKernelLogs=yes",
        "ProtectKernelTunables=yes", "ProtectControlGroups=yes", "ProtectProc=invisible",
        "ProcSubset=pid",
        // Not ProtectKernelModules=: it hides /lib/modules, which leads to the headers. Its calls
        // are filtered below.
        "CapabilityBoundingSet=", "AmbientCapabilities=", "NoNewPrivileges=yes",
        "RestrictNamespaces=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
        // None but one that no kernel has had for years: 252 takes "none" from unit files alone.
        "RestrictAddressFamilies=AF_IPX", "IPAddressDeny=any", "LockPersonality=yes",
        "MemoryDenyWriteExecute=yes", "RemoveIPC=yes", "KeyringMode=private",
        "SystemCallArchitectures=native", "SystemCallErrorNumber=EPERM",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources @mount @clock @swap @reboot @raw-io",
        "SystemCallFilter=~@debug @obsolete @cpu-emulation @module @keyring",
        // Not @ipc: pipes are in it.
        "SystemCallFilter=~shmget shmat shmctl msgget msgsnd msgctl semget semop mq_open mq_unlink",
        // GNU make resets its ids before each command.
        "SystemCallFilter=@setuid", "InaccessiblePaths=-/run/dbus", "InaccessiblePaths=-/root",
        "InaccessiblePaths=-/boot", "InaccessiblePaths=-/dev/shm", "InaccessiblePaths=-/dev/mqueue",
        "UMask=0077",
        // Less than what a boot waits for, and an end to whatever grows.
        "CPUWeight=20", "IOWeight=20", "Nice=10", "MemoryMax=80%", "OOMScoreAdjust=500",
        "OOMPolicy=continue", "TasksMax=4096", "LimitNPROC=4096", "LimitAS=4G", "LimitFSIZE=2G",
        "LimitCORE=0", "LimitCPU=3600", "LimitMSGQUEUE=0",
        // What is left when the command has ended, or its caller has died, is killed at once.
        "KillMode=control-group", "KillSignal=SIGKILL", "TimeoutStopSec=5"};
    return walls;
}

std::vector<std::string> build_unit(const std::string& writable,
                                    std::chrono::milliseconds deadline) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    std::vector<std::string> argv{"/usr/bin/systemd-run",
                                  "--quiet",
                                  "--collect",
                                  "--wait",
                                  "--pipe",
                                  "--service-type=exec",
                                  "--no-ask-password",
                                  "--description=GPU Driver Compile",
                                  "--unit=gpuboot-build-" + std::to_string(now) + ".service"};
    const auto add = [&argv](const std::string& property) {
        argv.push_back("--property=" + property);
    };
    for (const std::string& wall : build_unit_walls())
        add(wall);
    // The caller ends it sooner; this holds when there is no caller any more.
    add("RuntimeMaxSec=" +
        std::to_string(std::chrono::ceil<std::chrono::seconds>(deadline).count() + 10));
    if (!writable.empty()) add("ReadWritePaths=" + writable);
    argv.emplace_back("--");
    return argv;
}

} // namespace gpuboot::execute
