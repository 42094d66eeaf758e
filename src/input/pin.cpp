// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/pin.hpp"

#include <algorithm>

#include "base/fields.hpp"
#include "base/names.hpp"
#include "input/toml_file.hpp"

namespace gpuboot::input {

namespace {

using model::Pin;

model::Source read_source(Fields& driver) {
    Fields source = driver.table("source");
    model::Source read;
    read.type = source.choice("type", {"dkms"});
    read.name = source.text("name");
    if (!read.name.empty() && !model::is_source_name(read.name))
        source.refuse("name", "a folder's name without /", "\"" + read.name + "\"");
    read.sha256 = source.text("sha256");
    if (!read.sha256.empty() && !model::is_sha256(read.sha256))
        source.refuse("sha256", "64 lower-case hex digits", "\"" + read.sha256 + "\"");
    driver.adopt(source);
    return read;
}

bool is_folder(std::string_view path) {
    return path.starts_with('/') && path.size() > 1 && !path.ends_with('/') &&
           path.find("/../") == std::string_view::npos && !path.ends_with("/..");
}

std::optional<model::UserspaceSource> read_userspace(Fields& driver) {
    auto userspace = driver.optional_table("userspace");
    if (!userspace) return std::nullopt;
    model::UserspaceSource read;
    read.type = userspace->choice("type", {"folder"});
    read.path = userspace->text("path");
    if (!read.path.empty() && !is_folder(read.path))
        userspace->refuse("path", "an absolute path without ..", "\"" + read.path + "\"");
    read.sha256 = userspace->text("sha256");
    if (!read.sha256.empty() && !model::is_sha256(read.sha256))
        userspace->refuse("sha256", "64 lower-case hex digits", "\"" + read.sha256 + "\"");
    driver.adopt(*userspace);
    return read;
}

void read_modules(Fields& driver, Pin& pin) {
    auto modules = driver.optional_texts("modules");
    if (!modules) return;
    if (modules->empty()) driver.refuse("modules", "names of modules, or no such key", "none");
    for (const std::string& name : *modules)
        if (!model::is_source_name(name) || name.ends_with(".ko"))
            driver.refuse("modules", "names of modules without .ko", "\"" + name + "\"");
    std::ranges::sort(*modules);
    const auto again = std::ranges::unique(*modules);
    modules->erase(again.begin(), again.end());
    pin.modules = std::move(*modules);
    pin.modules_at = driver.place_of("modules");
}

model::Reading<Pin> read_fields(const std::string& path, const Node& document) {
    Fields top(path, document);
    top.number("schema", 1, 1);
    Fields driver = top.table("driver");
    Pin pin;
    pin.version = driver.text("version");
    if (!pin.version.empty() && !model::is_version(pin.version))
        driver.refuse("version", "digits and dots, as 535.261.03", "\"" + pin.version + "\"");
    pin.kind = model::kind_of(driver.choice("kind", {"open", "proprietary", "grid"}))
                   .value_or(model::Kind::Open);
    pin.kernel = driver.optional_text("kernel");
    if (pin.kernel && !pin.kernel->empty() && !model::is_kernel_release(*pin.kernel))
        driver.refuse("kernel", "a kernel release, as uname -r prints it",
                      "\"" + *pin.kernel + "\"");
    pin.accept_adopted = driver.optional_flag("accept_adopted").value_or(false);
    read_modules(driver, pin);
    pin.source = read_source(driver);
    pin.userspace = read_userspace(driver);
    top.adopt(driver);
    if (auto flaw = top.flaw()) return {std::nullopt, *flaw};
    return {pin, ""};
}

} // namespace

PinReading read_pin(const Root& root) {
    for (std::string_view path : {names::local_pin, names::shipped_pin}) {
        auto document = read_toml(root, path);
        if (!document && document.error().code == Errc::NotFound && !is_link(root, path)) continue;
        PinReading reading{std::string(path), {}};
        if (!document)
            reading.pin.flaw = document.error().what;
        else
            reading.pin = read_fields(reading.path, *document);
        return reading;
    }
    return {std::string(names::local_pin), {}};
}

} // namespace gpuboot::input
