// SPDX-License-Identifier: LGPL-2.1-or-later
// One case of golden-foreign/: what lies on a machine beside gpuboot, and which of it goes.
#pragma once

#include <string>

#include "base/document.hpp"
#include "golden/device_case.hpp"

namespace gpuboot::golden {

/// [[find]] kind, path, and as it applies: type, target, rights, version, module, srcversion,
/// owner, detour, flaw · [[told]] path, detail, flaw: an initramfs · [[running]] name, srcversion ·
/// loaded, ours: the driver that runs · [ask] kinds: which are meant · [[begun]] kind, path, size:
/// what an interrupted removal named.
Result<Answer> answer_foreign(const std::string& file, const Node& record);

} // namespace gpuboot::golden
