// SPDX-License-Identifier: LGPL-2.1-or-later
// Every path, bus name, unit and message id of gpuboot: "where does this string come from?" has
// one answer. Paths are as seen inside a Root.
#pragma once

#include <array>
#include <string_view>

namespace gpuboot::names {

// What a person writes.
inline constexpr std::string_view local_pin = "/etc/gpuboot/versions.toml";
inline constexpr std::string_view shipped_pin = "/usr/share/gpuboot/versions.toml";
inline constexpr std::string_view local_policy = "/etc/gpuboot/gpuboot.toml";
inline constexpr std::string_view shipped_policy = "/usr/share/gpuboot/gpuboot.toml";
/// Drop-ins over it, in the order of their names.
inline constexpr std::string_view local_policy_drop_ins = "/etc/gpuboot/gpuboot.toml.d";
inline constexpr std::string_view opt_out_file = "/etc/gpuboot/opt-out";
inline constexpr std::string_view opt_out_word = "gpuboot"; ///< kernel command line: gpuboot=off

// What outlives a boot.
inline constexpr std::string_view state_directory = "/var/lib/gpuboot";
inline constexpr std::string_view store = "/var/lib/gpuboot/bakes";
/// Bakes that came with an immutable image: read, never written.
inline constexpr std::string_view vendor_store = "/usr/lib/gpuboot/bakes";
/// Sealed records (base/sealed.hpp): losing one costs time, never a boot.
inline constexpr std::string_view records_directory = "/var/lib/gpuboot/records";
/// What conftest found out in earlier compiles.
inline constexpr std::string_view kept_answers = "/var/lib/gpuboot/records/conftest";
/// Compiles that failed for good: <bake id> is the record, <bake id>.log all they printed.
inline constexpr std::string_view failed_directory = "/var/lib/gpuboot/records/failed";
/// Kernels that a bake is still to be made for, each an empty file with its release as the name.
inline constexpr std::string_view queue_directory = "/var/lib/gpuboot/queue";
inline constexpr std::string_view build_directory = "/var/lib/gpuboot/build";
inline constexpr std::string_view build_log = "/var/lib/gpuboot/build.log";
/// Sealed: what a removal of foreign copies is about to delete. It stands until that is done.
inline constexpr std::string_view foreign_intent = "/var/lib/gpuboot/foreign-intent";
/// Sealed: what the guard has set as the boot loader's default, and what it was before.
inline constexpr std::string_view guard_record = "/var/lib/gpuboot/guard";
inline constexpr std::string_view marker_file = "marker.toml";
inline constexpr std::string_view unfinished_prefix = ".new-";
inline constexpr std::string_view deleted_prefix = ".del-";

// What belongs to this boot.
inline constexpr std::string_view run_directory = "/run/gpuboot";
/// The same as opt_out_file, for this boot alone.
inline constexpr std::string_view boot_opt_out_file = "/run/gpuboot/opt-out";
inline constexpr std::string_view active_link = "/run/gpuboot/active";
inline constexpr std::string_view ready_stamp = "/run/gpuboot/ready";
/// The driver was taken from the last GPU that was ready: whoever serves one again calls init.
inline constexpr std::string_view lost_stamp = "/run/gpuboot/next/lost";
/// While a boot's compile is under way.
inline constexpr std::string_view progress = "/run/gpuboot/progress.json";
/// What the last clean-up or bake in the background knew of the installed kernels.
inline constexpr std::string_view kernels_record = "/run/gpuboot/kernels.json";
/// What the guard has said last.
inline constexpr std::string_view guard_word = "/run/gpuboot/guard.json";
/// Shown to who logs in (pam_motd(8)).
inline constexpr std::string_view motd_directory = "/run/motd.d";
inline constexpr std::string_view motd = "/run/motd.d/gpuboot";
inline constexpr std::string_view want_directory = "/run/gpuboot/want";
inline constexpr std::string_view next_directory = "/run/gpuboot/next";
inline constexpr std::string_view next_rebuild = "/run/gpuboot/next/rebuild";
inline constexpr std::string_view next_recheck = "/run/gpuboot/next/recheck";
inline constexpr std::string_view next_loader = "/run/gpuboot/next/loader";
inline constexpr std::string_view next_init = "/run/gpuboot/next/init";
inline constexpr std::string_view next_foreign = "/run/gpuboot/next/foreign";
inline constexpr std::string_view next_purge = "/run/gpuboot/next/purge";
inline constexpr std::string_view report_directory = "/run/gpuboot/report";
inline constexpr std::string_view last_report = "/run/gpuboot/report/last.json";
inline constexpr std::string_view gpu_directory = "/run/gpuboot/gpu";
inline constexpr std::string_view tried_directory = "/run/gpuboot/tried";
inline constexpr std::string_view tried_bad_directory = "/run/gpuboot/tried/bad";
inline constexpr std::string_view tried_rebuild = "/run/gpuboot/tried/rebuild.json";
/// Where every container runtime looks for devices: gone with the boot, as the nodes are.
inline constexpr std::string_view cdi_spec = "/run/cdi/gpuboot.json";
/// Held while it is written: by milliseconds, so that a GPU that goes waits for nobody else.
inline constexpr std::string_view cdi_lock_file = "/run/gpuboot/cdi-lock";
inline constexpr std::string_view lock_file = "/run/gpuboot/lock";
inline constexpr std::string_view offline_lock_file = "/var/lib/gpuboot/.lock";
/// Held while a bake is made; the other only while something changes that a check reads.
inline constexpr std::string_view bake_lock_file = "/var/lib/gpuboot/.bake-lock";

/// Where the kernel looks for firmware first; it takes one folder.
inline constexpr std::string_view firmware_setting = "/sys/module/firmware_class/parameters/path";

// The bus.
inline constexpr const char* bus_name = "org.gpuboot1";
inline constexpr const char* manager_path = "/org/gpuboot1";
inline constexpr const char* gpu_path = "/org/gpuboot1/gpu";
inline constexpr const char* job_path = "/org/gpuboot1/job";
inline constexpr const char* manager_interface = "org.gpuboot1.Manager";
inline constexpr const char* gpu_interface = "org.gpuboot1.Gpu";
inline constexpr const char* job_interface = "org.gpuboot1.Job";

// The users that are not root.
inline constexpr std::string_view daemon_user = "gpuboot";
inline constexpr std::string_view build_user = "gpuboot-build";

// The units of the chain, in their order.
inline constexpr std::string_view check_unit = "gpuboot-check.service";
inline constexpr std::string_view rebuild_unit = "gpuboot-rebuild.service";
inline constexpr std::string_view recheck_unit = "gpuboot-recheck.service";
inline constexpr std::string_view loader_unit = "gpuboot-loader.service";
inline constexpr std::string_view init_unit = "gpuboot-init.service";
/// Bakes for kernels that were installed, in the background.
inline constexpr std::string_view prebake_unit = "gpuboot-prebake.service";
/// Nodes and CDI spec as MIG's instances are now.
inline constexpr std::string_view refresh_unit = "gpuboot-refresh.service";
/// And what takes the driver away again.
inline constexpr std::string_view deactivate_unit = "gpuboot-deactivate.service";

/// A journal event: its MESSAGE_ID, with an entry of the same id in packaging/catalog.
struct Event {
    std::string_view name;
    std::string_view id;
};
inline constexpr Event verdict_reached{"verdict reached", "1b92682c31b746c990268dd980a0d370"};
inline constexpr Event bake_damaged{"bake damaged", "be5e50f8b3b04a56a899c91be437e652"};
inline constexpr Event load_refused{"load refused", "23e89a42fa384b72a601fb62fcbe7efb"};
inline constexpr Event fell_back{"previous good bake activated",
                                 "d815a636529f4f36b45ef21bb38a36b3"};
inline constexpr Event build_failed{"build failed", "08ea0cc9996846a08887b7279bb018fb"};
inline constexpr Event bake_committed{"bake committed", "3b684f430aae4a4395f7152f916d3783"};
inline constexpr Event gpu_changed{"GPU added, removed or failed",
                                   "ee3a2cf512594ea9831197544f3f02b1"};
inline constexpr Event input_invalid{"input file invalid", "7f0d866e311c42b69f9f1126875658c6"};
inline constexpr Event request_refused{"request refused", "a74cf1d429ca44a8bf2fe8bb9e948772"};
inline constexpr Event module_in_use{"module in use, reboot needed",
                                     "114146bd1d1042d0b6559930fc914847"};
inline constexpr Event foreign_removed{"foreign driver removed",
                                       "9e39b07ea9384b2fa8c5a34c8ba7f9fc"};
inline constexpr Event bakes_purged{"bakes purged", "bdb41c3bc278457fa21d882406ae7e4d"};
inline constexpr Event driver_released{"driver taken from the machine",
                                       "ca3e2a17b08a4fb28f65427ff456cb01"};
inline constexpr Event managed_gpu{"GPU managed", "600cea7bb54f4484b45339aa831ead1c"};
inline constexpr Event kernel_kept{"older kernel kept as the default",
                                   "94e26bfeff554f04bf12babaf4406224"};
inline constexpr std::array events{module_in_use,   fell_back,       verdict_reached, bake_damaged,
                                   load_refused,    build_failed,    bake_committed,  gpu_changed,
                                   input_invalid,   request_refused, foreign_removed, bakes_purged,
                                   driver_released, managed_gpu,     kernel_kept};

} // namespace gpuboot::names
