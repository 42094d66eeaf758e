// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/toolchain.hpp"

#include <optional>

#include "input/kernel_config.hpp"

namespace gpuboot::input {

namespace {

using model::Lack;

constexpr std::size_t small_header = 4096;

std::string last_part(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Debian splits a kernel's headers into several packages, tied by symlinks that name them.
std::string package_behind(const Root& root, const std::string& link, std::string_view prefix,
                           const std::string& otherwise) {
    const auto target = root.read_link(link);
    const auto at = target ? target->find(prefix) : std::string::npos;
    if (at == std::string::npos) return otherwise;
    return target->substr(at, target->find('/', at) - at);
}

/// "6.1.0-50-cloud-amd64" of: #define UTS_RELEASE "6.1.0-50-cloud-amd64"
std::string release_in(std::string_view text) {
    const auto open = text.find("UTS_RELEASE \"");
    if (open == std::string_view::npos) return "no release";
    text.remove_prefix(open + std::string_view("UTS_RELEASE \"").size());
    return std::string(text.substr(0, text.find('"')));
}

class Reader {
  public:
    Reader(const Root& root, const std::string& kernel)
        : root_(root), kernel_(kernel), headers_(headers_of(kernel)) {}

    Toolchain read() {
        read_headers();
        if (config_) read_compiler();
        need(Lack::What::Tool, "/bin/sh", "dash");
        need(Lack::What::Tool, "/usr/bin/make", "make");
        if (chain_.llvm.empty()) {
            chain_.strip = "/usr/bin/strip";
            need(Lack::What::Tool, "/usr/bin/ld", "binutils");
            need(Lack::What::Tool, chain_.strip, "binutils");
        }
        return std::move(chain_);
    }

  private:
    void lack(Lack::What what, std::string path, std::string found, std::string package) {
        chain_.lacks.push_back({what, std::move(path), std::move(found), std::move(package)});
    }

    bool need(Lack::What what, const std::string& path, const std::string& package) {
        if (root_.exists(path)) return true;
        lack(what, path, "nothing", package);
        return false;
    }

    void read_headers() {
        using enum Lack::What;
        const std::string package = "linux-headers-" + kernel_;
        if (!need(Headers, headers_ + "/Makefile", package)) return; // the rest says no more
        auto text = root_.read_text(headers_ + "/.config", kernel_config_limit);
        const bool present = text.has_value();
        auto config = text ? read_kernel_config(*text) : forward(std::move(text).error());
        if (!config)
            lack(Headers, headers_ + "/.config",
                 present ? config.error().what : std::string("nothing"), package);
        else
            config_ = std::move(*config);
        for (const char* file : {"/Module.symvers", "/include/generated/autoconf.h"})
            need(Headers, headers_ + file, package);
        read_release(package);
        const std::string kbuild = "linux-kbuild-";
        need(Headers, headers_ + "/scripts/mod/modpost",
             package_behind(root_, headers_ + "/scripts", kbuild, package));
        if (config_ && config_->objtool)
            need(Headers, headers_ + "/tools/objtool/objtool",
                 package_behind(root_, headers_ + "/tools", kbuild, package));
        const std::string source = headers_.substr(0, headers_.rfind('/')) + "/source";
        if (root_.read_link(source))
            need(Headers, source + "/Makefile",
                 package_behind(root_, source, "linux-headers-", package));
    }

    void read_release(const std::string& package) {
        const std::string file = headers_ + "/include/generated/utsrelease.h";
        const auto text = root_.read_text(file, small_header);
        const std::string found = text ? release_in(*text) : "nothing";
        if (found != kernel_) lack(Lack::What::Headers, file, found, package);
    }

    void read_compiler() {
        const KernelConfig& config = *config_;
        const std::string plain = config.clang ? "clang" : "gcc";
        const std::string numbered = plain + "-" + config.compiler_major;
        const std::string package =
            config.clang || config.compiler.ends_with(numbered) ? numbered : plain;
        for (const std::string& name : {config.compiler, numbered, plain}) {
            const std::string path = "/usr/bin/" + name;
            if (name.starts_with("clang-") || !root_.exists(path) || is_other(path)) continue;
            chain_.compiler = path;
            break;
        }
        if (config.clang) return read_clang(numbered, package);
        if (chain_.compiler.empty())
            lack(Lack::What::Compiler, "/usr/bin/" + config.compiler,
                 root_.exists("/usr/bin/gcc") ? behind("/usr/bin/gcc") : "nothing", package);
    }

    /// kbuild takes all of its tools from one LLVM: -19 stands for clang-19, ld.lld-19 and so on.
    void read_clang(const std::string& numbered, const std::string& package) {
        const bool suffixed = root_.exists("/usr/bin/" + numbered);
        const std::string suffix = suffixed ? "-" + config_->compiler_major : "";
        chain_.llvm = suffixed ? suffix : "1";
        if (suffixed) chain_.compiler = "/usr/bin/" + numbered;
        if (chain_.compiler.empty())
            lack(Lack::What::Compiler, "/usr/bin/" + numbered,
                 root_.exists("/usr/bin/clang") ? behind("/usr/bin/clang") : "nothing", package);
        chain_.strip = "/usr/bin/llvm-strip" + suffix;
        need(Lack::What::Tool, "/usr/bin/ld.lld" + suffix, "lld-" + config_->compiler_major);
        need(Lack::What::Tool, chain_.strip, "llvm-" + config_->compiler_major);
    }

    /// Debian's gcc is a symlink to gcc-12; where it is not, only running it could tell.
    std::string behind(const std::string& path) const {
        const auto target = root_.read_link(path);
        return target ? last_part(*target) : last_part(path);
    }

    bool is_other(const std::string& path) const {
        const std::string name = behind(path);
        const auto dash = name.rfind('-');
        const bool numbered = dash != std::string::npos && dash + 1 < name.size() &&
                              name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
        return numbered && name.substr(dash + 1) != config_->compiler_major;
    }

    const Root& root_;
    const std::string& kernel_;
    std::string headers_;
    std::optional<KernelConfig> config_;
    Toolchain chain_;
};

} // namespace

std::string headers_of(const std::string& kernel) { return "/lib/modules/" + kernel + "/build"; }

Toolchain read_toolchain(const Root& root, const std::string& kernel) {
    return Reader(root, kernel).read();
}

} // namespace gpuboot::input
