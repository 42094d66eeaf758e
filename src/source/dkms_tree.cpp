// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/dkms_tree.hpp"

#include <algorithm>

namespace gpuboot::source {

namespace {

constexpr std::string_view sources = "/usr/src";

/// Debian's names; elsewhere the tree's own name is the best hint there is.
std::string package_of(const std::string& tree) {
    if (tree == "nvidia-current-open") return "package nvidia-open-kernel-dkms";
    if (tree == "nvidia-current") return "package nvidia-kernel-dkms";
    return "the package that ships " + tree;
}

std::unexpected<Error> no_tree(const Root& root, const model::Pin& pin, const std::string& path) {
    std::string what =
        path + " is missing: install " + package_of(pin.source.name) + " " + pin.version;
    std::string others;
    if (auto names = root.list(sources))
        for (const std::string& name : *names)
            if (name.starts_with(pin.source.name + "-")) others += " " + name;
    if (!others.empty()) what += " (found only:" + others + ")";
    return fail(Errc::NotFound, what);
}

std::unexpected<Error> wrong_package(const model::Pin& pin, const std::string& file,
                                     const DkmsConf& conf) {
    return fail(Errc::BadInput, file + ": wanted " + pin.source.name + " " + pin.version +
                                    ", found " + conf.package_name + " " + conf.package_version);
}

std::unexpected<Error> wrong_digest(const model::Pin& pin, const std::string& tree,
                                    const std::string& found) {
    return fail(Errc::BadInput, tree + " is not the source the pin means: wanted sha256 " +
                                    pin.source.sha256 + ", found " + found + "; reinstall " +
                                    package_of(pin.source.name) + " " + pin.version +
                                    ", or pin what is there with the sha256 of " +
                                    digest_command(tree));
}

std::string joined(const std::vector<BuiltModule>& modules) {
    std::string text;
    for (const BuiltModule& module : modules)
        text += (text.empty() ? "" : ", ") + module.name;
    return text;
}

/// Takes what the pin does not ask for out of `modules` and returns its names.
Result<std::vector<std::string>> leave_out(const model::Pin& pin,
                                           std::vector<BuiltModule>& modules) {
    std::vector<std::string> left_out;
    if (pin.modules.empty()) return left_out;
    for (const std::string& name : pin.modules)
        if (std::ranges::find(modules, name, &BuiltModule::name) == modules.end())
            return fail(Errc::BadInput, pin.modules_at + ": wanted modules that " +
                                            pin.source.name + " " + pin.version + " builds (" +
                                            joined(modules) + "), found \"" + name + "\"");
    std::erase_if(modules, [&](const BuiltModule& module) {
        if (std::ranges::find(pin.modules, module.name) != pin.modules.end()) return false;
        left_out.push_back(module.name);
        return true;
    });
    return left_out;
}

} // namespace

Result<Recipe> read_dkms_tree(const Root& root, const model::Pin& pin) {
    if (pin.source.type != "dkms")
        return fail(Errc::Unsupported, "source type \"" + pin.source.type + "\": wanted \"dkms\"");
    const std::string path = std::string(sources) + "/" + pin.source.name + "-" + pin.version;
    const std::string file = path + "/dkms.conf";
    if (!root.exists(path)) return no_tree(root, pin, path);
    auto text = root.read_text(file, dkms_conf_limit);
    if (!text) return forward(std::move(text).error(), "reading the build recipe");
    auto conf = parse_dkms_conf(file, *text);
    if (!conf) return forward(std::move(conf).error());
    if (conf->package_name != pin.source.name || conf->package_version != pin.version)
        return wrong_package(pin, file, *conf);

    auto left_out = leave_out(pin, conf->modules);
    if (!left_out) return forward(std::move(left_out).error());
    auto tree = list_tree(root, path);
    if (!tree) return forward(std::move(tree).error());
    auto sha256 = digest_tree(root, *tree);
    if (!sha256) return forward(std::move(sha256).error());
    if (*sha256 != pin.source.sha256) return wrong_digest(pin, path, *sha256);
    return Recipe{conf->package_name,       conf->package_version,
                  std::move(*tree),         std::move(conf->make),
                  std::move(conf->modules), std::move(*sha256),
                  std::move(*left_out),     pin.modules_at};
}

} // namespace gpuboot::source
