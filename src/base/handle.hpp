// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns a C library's "unref" function into a unique_ptr deleter of pointer size.
#pragma once

#include <memory>

namespace gpuboot {

template <auto Release> struct Deleter {
    template <class T> void operator()(T* object) const noexcept { Release(object); }
};

template <class T, auto Release> using Handle = std::unique_ptr<T, Deleter<Release>>;

} // namespace gpuboot
