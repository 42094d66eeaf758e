// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/stage.hpp"

#include <fcntl.h>

#include <algorithm>

#include "base/digest.hpp"
#include "execute/untrusted.hpp"
#include "input/module_image.hpp"
#include "model/module_name.hpp"

namespace gpuboot::execute {

namespace {

constexpr std::size_t product_limit = std::size_t{1} << 30;

std::string below_tree(const source::BuiltModule& module) {
    return (module.location.empty() ? "" : module.location + "/") + module.name + ".ko";
}

Result<void> judge(const input::ModuleImage& info, const std::string& path,
                   const source::Recipe& recipe, const source::Target& target,
                   const source::BuiltModule& wanted) {
    const std::string name = model::in_kernel_words(wanted.name);
    if (info.name != name)
        return fail(Errc::BadInput, path + ": wanted module " + name + ", found " + info.name);
    const std::string kernel = info.vermagic.substr(0, info.vermagic.find(' '));
    if (kernel != target.kernel)
        return fail(Errc::BadInput,
                    path + " was built for kernel " + kernel + ", wanted " + target.kernel);
    // Only the driver proper: helper modules may carry a version of their own.
    if (name == "nvidia" && !info.version.empty() && info.version != recipe.version)
        return fail(Errc::BadInput,
                    path + ": wanted version " + recipe.version + ", found " + info.version);
    return {};
}

Result<Product> collect(int directory, const source::BuiltModule& wanted,
                        const source::Recipe& recipe, const source::Target& target,
                        Compression compression) {
    const std::string path = below_tree(wanted);
    auto bytes = read_untrusted(directory, path, product_limit);
    if (!bytes) return forward(std::move(bytes).error());
    auto info = input::read_module_image(*bytes, target.arch);
    if (!info) return forward(std::move(info).error(), path + ": not a kernel module");
    if (auto judged = judge(*info, path, recipe, target, wanted); !judged)
        return forward(std::move(judged).error());
    if (compression != Compression::None) bytes = compress(compression, *bytes);
    if (!bytes) return forward(std::move(bytes).error(), path);
    const std::string file = wanted.name + ".ko" + std::string(suffix_of(compression));
    Product product;
    product.module = {info->name,     "modules/" + file, bytes->size(), sha256_hex(*bytes),
                      info->vermagic, info->srcversion,  info->depends, sha256_of_pieces(*bytes)};
    product.bytes = std::move(*bytes);
    return product;
}

} // namespace

std::string product_path(const std::string& tree, const source::BuiltModule& module) {
    return tree + "/" + below_tree(module);
}

Result<std::vector<Product>> collect_products(const Root& root, const std::string& tree,
                                              const source::Recipe& recipe,
                                              const source::Target& target,
                                              Compression compression) {
    auto directory = root.open_at(tree, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) return forward(std::move(directory).error());
    std::vector<Product> products;
    for (const source::BuiltModule& module : recipe.modules) {
        auto product = collect(directory->get(), module, recipe, target, compression);
        if (!product) return forward(std::move(product).error(), "the build's products");
        products.push_back(std::move(*product));
    }
    return products;
}

} // namespace gpuboot::execute
