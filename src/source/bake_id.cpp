// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/bake_id.hpp"

#include "base/digest.hpp"

namespace gpuboot::source {

namespace {

constexpr int build_format = 1;

} // namespace

std::string bake_id(const model::Marker& inputs) {
    const std::string kind(to_text(inputs.kind));
    std::string asked;
    for (const std::string& name : inputs.asked)
        asked += "module " + name + "\n";
    const std::string lines =
        "gpuboot bake " + std::to_string(build_format) + "\ndriver " + inputs.driver_version +
        "\nkind " + kind + "\nsource " + inputs.source + "\nsource_sha256 " + inputs.source_sha256 +
        "\nkernel " + inputs.kernel + "\narch " + inputs.arch + "\nkernel_config_sha256 " +
        inputs.kernel_config_sha256 + "\ncompiler " + inputs.compiler + "\npatches none\n" +
        (inputs.userspace_sha256.empty() ? ""
                                         : "userspace_sha256 " + inputs.userspace_sha256 + "\n") +
        asked;
    return inputs.driver_version + "-" + kind + "-" + inputs.kernel + "-" +
           sha256_hex(bytes_of(lines)).substr(0, 12);
}

} // namespace gpuboot::source
