// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/plan.hpp"

#include <cstdio>

namespace gpuboot::model {

namespace {

std::string octal(unsigned mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

struct Sentence {
    std::string operator()(const Activate& s) const {
        return "activate " + s.bake + (s.vendor ? " of the image's store" : "");
    }
    std::string operator()(const Deactivate&) const { return "deactivate"; }
    std::string operator()(const LoadModule& s) const {
        std::string text = "load module " + s.name + " (sha256 " + s.sha256.substr(0, 12) + ")";
        for (std::size_t i = 0; i < s.depends.size(); ++i)
            text += (i == 0 ? " after " : ", ") + s.depends[i];
        return text;
    }
    std::string operator()(const UnloadModule& s) const { return "unload module " + s.name; }
    std::string operator()(const StopUnit& s) const { return "stop unit " + s.unit; }
    std::string operator()(const RequestRebuild&) const { return "ask for a rebuild"; }
    std::string operator()(const RequestLoader&) const {
        return "ask for the loader's cache to be written anew";
    }
    std::string operator()(const SetFirmwarePath& s) const {
        return "have the kernel look for firmware in " + s.path;
    }
    std::string operator()(const MakeNode& s) const {
        return "make node " + s.path + " c " + std::to_string(s.major) + ":" +
               std::to_string(s.minor) + " mode " + octal(s.mode) + " owner " +
               std::to_string(s.uid) + ":" + std::to_string(s.gid);
    }
    std::string operator()(const MakeLink& s) const { return "link " + s.path + " -> " + s.target; }
    std::string operator()(const Remove& s) const { return "remove " + s.path; }
    std::string operator()(const TestReady& s) const {
        std::string text = "test readiness: " + std::string(to_text(s.test));
        for (const std::string& node : s.nodes)
            text += " " + node;
        return text;
    }
    std::string operator()(const TestFabric& s) const {
        return "test the fabric: each GPU in it within " + std::to_string(s.timeout_seconds) + " s";
    }
    std::string operator()(const WriteCdi& s) const {
        std::string text = "write the CDI spec of " + std::string(cdi_kind) + ":";
        for (const CdiDevice& device : s.spec.devices)
            text += " " + device.name;
        return text + ", " + std::to_string(s.spec.mounts.size()) + " files";
    }
    std::string operator()(const WithdrawCdi&) const { return "withdraw the CDI spec"; }
    std::string operator()(const ConfigureRuntime& s) const {
        std::string text = "configure CDI in " + s.runtime + ":";
        for (const RuntimeFile& file : s.files)
            text += " " + file.path;
        return text;
    }
    std::string operator()(const StartUnit& s) const {
        return (s.critical ? "start unit " : "enqueue unit ") + s.unit +
               (s.why.empty() ? "" : " for " + s.why);
    }
    std::string operator()(const DeferUnit& s) const {
        return "enqueue unit " + s.unit + (s.why.empty() ? "" : " for " + s.why);
    }
    std::string operator()(const ReloadUnit& s) const { return "reload unit " + s.unit; }
    std::string operator()(const WriteRecord& s) const { return to_text(s.record); }
    std::string operator()(const MarkReady&) const { return "mark ready"; }
};

} // namespace

std::string to_text(const Step& step) { return std::visit(Sentence{}, step); }

} // namespace gpuboot::model
