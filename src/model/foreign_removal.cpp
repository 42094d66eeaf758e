// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/foreign_removal.hpp"

namespace gpuboot::model {

std::string_view to_text(EntryType type) {
    switch (type) {
    case EntryType::File: return "file";
    case EntryType::Link: return "link";
    case EntryType::Directory: return "directory";
    }
    return "file";
}

std::optional<EntryType> entry_type_of(std::string_view text) {
    for (EntryType type : {EntryType::File, EntryType::Link, EntryType::Directory})
        if (text == to_text(type)) return type;
    return std::nullopt;
}

std::string describe(const ForeignEntry& entry) {
    switch (entry.type) {
    case EntryType::File:
        return std::string(entry.gives_rights ? "setuid " : "") + "file of " +
               std::to_string(entry.size) + " bytes, sha256 " + entry.sha256.substr(0, 12);
    case EntryType::Link: return "link to " + entry.target;
    case EntryType::Directory: return "directory";
    }
    return "";
}

RemovalStage stage_of(const ForeignEntry& entry) {
    if (entry.kind == ForeignKind::Marker) return RemovalStage::Marker;
    if (entry.gives_rights) return RemovalStage::Rights;
    switch (entry.kind) {
    case ForeignKind::Modules: return RemovalStage::Modules;
    case ForeignKind::Libraries: return RemovalStage::Loader;
    case ForeignKind::Dkms: return RemovalStage::Registration;
    case ForeignKind::Marker:
    case ForeignKind::Initramfs:
    case ForeignKind::AksGpu: return RemovalStage::Rest;
    }
    return RemovalStage::Rest;
}

std::string to_text(const ForeignState& state, std::string_view when) {
    std::string text;
    const auto say = [&](std::string_view part, bool present) {
        text += (text.empty() ? "" : " ") + std::string(part) + "_" + std::string(when) + "=" +
                (present ? "present" : "absent");
    };
    say("modules", state.modules);
    say("dkms", state.dkms);
    say("libraries", state.libraries);
    say("setuid", state.rights);
    say("marker", state.marker);
    return text;
}

} // namespace gpuboot::model
