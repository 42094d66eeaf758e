// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/adopt.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <map>

#include "base/compression.hpp"
#include "base/digest.hpp"
#include "base/names.hpp"
#include "execute/commit.hpp"
#include "execute/fitness.hpp"
#include "execute/lock.hpp"
#include "execute/recovery.hpp"
#include "input/modinfo.hpp"
#include "input/module_files.hpp"
#include "model/module_name.hpp"
#include "source/bake_id.hpp"

namespace gpuboot::flow {

namespace {

constexpr std::size_t module_limit = std::size_t{1} << 30;
constexpr std::size_t config_limit = std::size_t{4} << 20;
constexpr std::chrono::seconds lock_deadline{60};

class Adoption {
  public:
    Adoption(const Root& root, execute::Effects& effects, const model::Pin& pin,
             const AdoptOptions& options)
        : root_(root), effects_(effects), pin_(pin), options_(options) {}

    Result<BakeResult> run() {
        // A compile under way has files in the store that are not to be tidied away.
        auto bake_lock = execute::Lock::take_bake(root_, effects_, lock_deadline);
        if (!bake_lock) return forward(std::move(bake_lock).error());
        auto lock = execute::Lock::take(root_, effects_, lock_deadline);
        if (!lock) return forward(std::move(lock).error());
        (void)execute::recover(root_, effects_);
        auto set = find_set();
        if (!set) return forward(std::move(set).error());
        std::vector<execute::Product> products;
        for (const std::string& name : options_.modules) {
            auto product = read(*set, name);
            if (!product) return forward(std::move(product).error());
            products.push_back(std::move(*product));
        }
        auto marker = describe(set->folder, products);
        if (!marker) return forward(std::move(marker).error());
        return keep(*marker, products);
    }

  private:
    /// The driver's files in one folder.
    struct Set {
        std::string folder;
        /// By the names that the modules have themselves: Debian calls nvidia nvidia-current.ko.
        std::map<std::string, std::vector<std::string>> files;
        std::string others; ///< why files are not among them: "; PATH: driver 470.223.02"
    };

    Set set_in(const input::ModuleFolder& folder) const {
        Set set{folder.path, {}, ""};
        for (const std::string& file : folder.files) {
            const std::string path = folder.path + "/" + file;
            const auto info = info_of(path);
            if (info && (info->version.empty() || info->version == pin_.version))
                set.files[info->name].push_back(path);
            else
                set.others +=
                    "; " + (info ? path + ": driver " + info->version : info.error().what);
        }
        return set;
    }

    /// The one folder with a module nvidia of the pinned version.
    Result<Set> find_set() const {
        std::vector<Set> fit;
        std::string others;
        for (const auto& folder : input::find_module_files(root_, options_.host.kernel)) {
            Set set = set_in(folder);
            if (set.files.contains("nvidia"))
                fit.push_back(std::move(set));
            else
                others += set.others;
        }
        const std::string wanted = "driver " + pin_.version + " for kernel " + options_.host.kernel;
        if (fit.empty()) return fail(Errc::NotFound, "found no modules of " + wanted + others);
        if (fit.size() > 1)
            return fail(Errc::BadInput, "several folders hold " + wanted + ": " + fit[0].folder +
                                            ", " + fit[1].folder + ": remove all but one");
        return std::move(fit.front());
    }

    Result<std::string> file_of(const Set& set, const std::string& module) const {
        const auto files = set.files.find(module);
        if (files == set.files.end())
            return fail(Errc::NotFound, "the set is not complete: no module " + module +
                                            " of driver " + pin_.version + " in " + set.folder +
                                            set.others);
        if (files->second.size() > 1)
            return fail(Errc::BadInput, files->second[0] + " and " + files->second[1] +
                                            " are both module " + module + ": remove one");
        return files->second.front();
    }

    Result<Fd> open(const std::string& path) const {
        auto fd = root_.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd) return fd;
        auto status = require_regular(fd->get(), path);
        if (!status) return forward(std::move(status).error());
        if (status->st_uid != 0 || (status->st_mode & 022) != 0)
            return fail(Errc::BadInput, path + ": others than root may write it");
        return fd;
    }

    Result<input::ModInfo> info_of(const std::string& path) const {
        auto fd = open(path);
        if (!fd) return forward(std::move(fd).error());
        return input::read_modinfo(fd->get(), path);
    }

    Result<execute::Product> read(const Set& set, const std::string& name) const {
        const auto path = file_of(set, model::in_kernel_words(name));
        if (!path) return forward(path.error());
        auto fd = open(*path);
        if (!fd) return forward(std::move(fd).error());
        auto bytes = read_rest(fd->get(), module_limit);
        if (!bytes) return forward(std::move(bytes).error(), *path);
        auto info = input::read_modinfo(fd->get(), *path);
        if (!info) return forward(std::move(info).error());
        if (auto right = judge(*path, name, *info); !right)
            return forward(std::move(right).error());
        execute::Product product;
        product.module.name = info->name;
        product.module.path =
            "modules/" + name + ".ko" + std::string(suffix_of(compression_of_file(*path)));
        product.module.size = bytes->size();
        product.module.sha256 = sha256_hex(*bytes);
        product.module.pieces_sha256 = sha256_of_pieces(*bytes);
        product.module.vermagic = info->vermagic;
        product.module.srcversion = info->srcversion;
        product.module.depends = info->depends;
        product.bytes = std::move(*bytes);
        return product;
    }

    Result<void> judge(const std::string& path, const std::string& name,
                       const input::ModInfo& info) const {
        const auto differs = [&](const std::string& what, const std::string& wanted,
                                 const std::string& found) {
            return fail(Errc::BadInput,
                        path + ": " + what + ": wanted " + wanted + ", found " + found);
        };
        const std::string kernel = info.vermagic.substr(0, info.vermagic.find(' '));
        if (info.name != model::in_kernel_words(name))
            return differs("name", model::in_kernel_words(name), info.name);
        if (kernel != options_.host.kernel) return differs("kernel", options_.host.kernel, kernel);
        if (name == "nvidia" && info.version != pin_.version)
            return differs("version", pin_.version, info.version);
        if (info.srcversion.empty()) return differs("srcversion", "one", "none");
        // NVIDIA's closed modules say so; the open ones are under MIT and GPL.
        if ((info.license == "NVIDIA") == (pin_.kind == model::Kind::Open))
            return differs("license", pin_.kind == model::Kind::Open ? "an open one" : "NVIDIA",
                           "\"" + info.license + "\"");
        return {};
    }

    Result<model::Marker> describe(const std::string& folder,
                                   const std::vector<execute::Product>& products) const {
        auto config = root_.read_text("/boot/config-" + options_.host.kernel, config_limit);
        if (!config)
            config = root_.read_text("/lib/modules/" + options_.host.kernel + "/build/.config",
                                     config_limit);
        if (!config) return forward(std::move(config).error(), "the kernel's configuration");
        std::string digests;
        for (const execute::Product& product : products)
            digests += product.module.sha256 + "  " + product.module.path + "\n";
        model::Marker marker;
        marker.driver_version = pin_.version;
        marker.kind = pin_.kind;
        marker.kernel = options_.host.kernel;
        marker.arch = options_.host.arch;
        marker.source = std::string(model::adopted_source) + folder;
        marker.source_sha256 = sha256_hex(bytes_of(digests));
        marker.kernel_config_sha256 = sha256_hex(bytes_of(*config));
        marker.compiler = "unknown: compiled by another tool";
        marker.made_by = "gpuboot " GPUBOOT_VERSION;
        marker.id = source::bake_id(marker);
        return marker;
    }

    Result<BakeResult> keep(const model::Marker& marker,
                            const std::vector<execute::Product>& products) const {
        BakeResult result;
        result.id = marker.id;
        result.path = execute::bake_path(marker.id);
        result.reused = execute::unfit(root_, result.path, marker).empty();
        for (const execute::Product& product : products)
            result.bytes += product.module.size;
        if (auto done =
                execute::commit_bake(root_, effects_, marker, products, execute::Existing::Keep);
            !done)
            return forward(std::move(done).error(), "committing");
        return result;
    }

    const Root& root_;
    execute::Effects& effects_;
    const model::Pin& pin_;
    const AdoptOptions& options_;
};

} // namespace

Result<BakeResult> adopt(const Root& root, execute::Effects& effects, const model::Pin& pin,
                         const AdoptOptions& options) {
    if (!pin.accept_adopted)
        return fail(Errc::Denied, "the pin accepts no modules that others compiled: set "
                                  "accept_adopted = true under [driver]");
    if (!model::is_kernel_release(options.host.kernel))
        return fail(Errc::BadInput, "\"" + options.host.kernel + "\" is no kernel release");
    if (options.modules.empty()) return fail(Errc::BadInput, "[driver] modules names none");
    ::umask(022); // modes are meant as written, whatever the caller's shell says (F-116)
    return Adoption(root, effects, pin, options).run();
}

} // namespace gpuboot::flow
