// SPDX-License-Identifier: LGPL-2.1-or-later
// Damage to a bake's modules, thousands of times: each is told by size or digest, and not one byte
// of it is handed to the kernel. From the files on disk to the effects, as a boot goes.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/compression.hpp"
#include "base/digest.hpp"
#include "base/names.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "execute/executor.hpp"
#include "execute/marker_text.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "input/gather.hpp"
#include "input/module_image.hpp"
#include "source/bake_id.hpp"

using namespace gpuboot;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
const bool not_root = ::geteuid() != 0;

/// Keeps what would be given to the kernel.
class KeptLoads : public fakes::RecordingEffects {
  public:
    std::map<std::string, std::string> loaded;
    Result<void> load_module(std::string_view name, ByteView image) override {
        loaded[std::string(name)] = text_of(image);
        return RecordingEffects::load_module(name, image);
    }
};

/// A machine with one fit bake: a plain module and one of each compression.
class Bake {
  public:
    Bake() {
        marker_.driver_version = "535.261.03";
        marker_.kernel = kernel;
        marker_.arch = "x86_64";
        marker_.source = "dkms:drv";
        marker_.source_sha256 = marker_.kernel_config_sha256 = std::string(64, 'a');
        marker_.compiler = "gcc 12";
        marker_.made_by = "a test";
        marker_.id = source::bake_id(marker_);
        add("nvidia", "nvidia", Compression::None);
        add("nvidia_uvm", "nvidia-uvm", Compression::Zstd);
        add("nvidia_modeset", "nvidia-modeset", Compression::Xz);
        add("nvidia_drm", "nvidia-drm", Compression::Gzip);
        tree.write("/lib/firmware/nvidia/535.261.03/gsp_tu10x.bin", "");
        tree.write(folder() + "/marker.toml", execute::marker_text(marker_));
        tree.write(std::string(names::local_pin),
                   "schema = 1\n[driver]\nversion = \"535.261.03\"\nkind = \"open\"\n"
                   "[driver.source]\ntype = \"dkms\"\nname = \"drv\"\nsha256 = \"" +
                       marker_.source_sha256 + "\"\n");
        tree.write(std::string(names::local_policy),
                   "schema = 1\n[driver]\nmodules = [\"nvidia\", \"nvidia-uvm\", "
                   "\"nvidia-modeset\", \"nvidia-drm\"]\n");
    }

    input::World look() const { return *input::gather(tree.root, {kernel, "x86_64"}); }

    const std::vector<model::MarkerModule>& modules() const { return marker_.modules; }
    std::string folder() const { return std::string(names::store) + "/" + marker_.id; }
    std::string outside(const model::MarkerModule& module) const {
        return tree.outside(folder() + "/" + module.path);
    }

    fakes::TemporaryRoot tree;
    std::map<std::string, std::string> images; ///< as the kernel is to get them
    std::map<std::string, std::string> files;  ///< as they lie in the bake, by path

  private:
    void add(const std::string& name, const std::string& file, Compression compression) {
        fakes::ModuleContent content{name, std::string(kernel) + " SMP mod_unload "};
        for (unsigned i = 0; i < 12; ++i) // so that the file has some size
            content.imports.emplace_back("symbol_" + std::to_string(i), 0x9e3779b9U * i);
        const std::string image = module_image(content);
        const std::string packed(text_of(*compress(compression, bytes_of(image))));
        const std::string path = "modules/" + file + ".ko" + std::string(suffix_of(compression));
        tree.write(folder() + "/" + path, packed);
        images[name] = image;
        files[path] = packed;
        marker_.modules.push_back({name,
                                   path,
                                   packed.size(),
                                   sha256_hex(bytes_of(packed)),
                                   content.vermagic,
                                   content.srcversion,
                                   {},
                                   sha256_of_pieces(bytes_of(packed))});
    }

    model::Marker marker_;
};

/// Does what a boot would do about the store as it is now; the rest of the machine is `before`.
model::Verdict boot(const Bake& bake, const input::World& before, KeptLoads& effects) {
    const auto store = input::read_store(bake.tree.root, {kernel, "x86_64", "535.261.03"});
    model::Facts facts = before.facts;
    facts.bakes = store.bakes;
    facts.abi = store.abi;
    const model::Verdict verdict = decide::judge(facts);
    execute::Executor(effects, store.images).run(decide::plan(facts, verdict));
    return verdict;
}

/// That it is told as damage, by exactly this reason, and that nothing was loaded.
bool refused(const Bake& bake, const input::World& before, model::ReasonCode code,
             const std::string& found) {
    KeptLoads effects;
    const auto verdict = boot(bake, before, effects);
    const auto is_told = [&](const model::Reason& reason) {
        return reason.code == code && reason.found == found;
    };
    return verdict.kind != model::VerdictKind::Fast && verdict.bake.empty() &&
           std::ranges::count_if(verdict.reasons, is_told) == 1 && effects.loaded.empty() &&
           effects.count("load_module") == 0;
}

} // namespace

TEST_SUITE_BEGIN("damage" * doctest::skip(not_root));

TEST_CASE("an undamaged bake is loaded, every module as it was before it was packed") {
    const Bake bake;
    KeptLoads effects;
    const auto verdict = boot(bake, bake.look(), effects);
    CHECK(to_text(verdict.kind) == "fast");
    CHECK(verdict.reasons.empty());
    CHECK((effects.loaded == bake.images));
}

TEST_CASE("10,000 flipped bits: each told with both digests, none loaded") { // F-31
    const Bake bake;
    const input::World before = bake.look();
    std::mt19937 random(31);
    std::size_t told = 0;
    for (int i = 0; i < 10'000; ++i) {
        const auto& module = bake.modules()[random() % bake.modules().size()];
        std::string bytes = bake.files.at(module.path);
        const std::size_t at = random() % bytes.size();
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << (random() % 8)));
        const Fd fd(::open(bake.outside(module).c_str(), O_WRONLY | O_CLOEXEC));
        const auto put = [&](const std::string& from) {
            return ::pwrite(fd.get(), from.data() + at, 1, static_cast<off_t>(at)) == 1;
        };
        REQUIRE(put(bytes));
        told += refused(bake, before, model::ReasonCode::FileDigestDiffers,
                        sha256_hex(bytes_of(bytes)));
        REQUIRE(put(bake.files.at(module.path)));
    }
    CHECK(told == 10'000);
    KeptLoads effects;
    CHECK(to_text(boot(bake, before, effects).kind) == "fast"); // all damage was taken back
}

TEST_CASE("1,000 cut and lengthened files: each told with both sizes, none loaded") { // F-32
    const Bake bake;
    const input::World before = bake.look();
    std::mt19937 random(32);
    std::size_t told = 0;
    for (int i = 0; i < 1'000; ++i) {
        const auto& module = bake.modules()[random() % bake.modules().size()];
        const std::string& whole = bake.files.at(module.path);
        std::size_t size =
            i % 10 == 0 ? whole.size() + 1 + random() % 512 : random() % whole.size();
        if (i < 4) size = 0;
        REQUIRE(::truncate(bake.outside(module).c_str(), static_cast<off_t>(size)) == 0);
        told += refused(bake, before, model::ReasonCode::FileSizeDiffers, std::to_string(size));
        bake.tree.write(bake.folder() + "/" + module.path, whole);
    }
    CHECK(told == 1'000);
}

TEST_CASE("a file swapped behind the digest: what was digested is what is loaded") { // F-45
    const Bake bake;
    const input::World world = bake.look();
    const model::Verdict verdict = decide::judge(world.facts);
    for (const auto& module : bake.modules())
        bake.tree.write(bake.folder() + "/" + module.path, "hostile");
    KeptLoads effects;
    const auto done =
        execute::Executor(effects, world.images).run(decide::plan(world.facts, verdict));
    CHECK_FALSE(done.failure);
    CHECK((effects.loaded == bake.images));
}

TEST_SUITE_END();
