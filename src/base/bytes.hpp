// SPDX-License-Identifier: LGPL-2.1-or-later
// Raw file contents in memory.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace gpuboot {

/// Large pieces lie on huge pages where the kernel has them: one page fault for each 2 MiB.
void* take_memory(std::size_t size);
void return_memory(void* memory, std::size_t size) noexcept;

/// Leaves new elements as they come: what a file is read into need not be zeroed before.
template <class T> struct Unzeroed : std::allocator<T> {
    template <class U> struct rebind {
        using other = Unzeroed<U>;
    };
    T* allocate(std::size_t count) { return static_cast<T*>(take_memory(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t count) noexcept {
        return_memory(memory, count * sizeof(T));
    }
    template <class U> void construct(U* at) noexcept { ::new (static_cast<void*>(at)) U; }
    template <class U, class... Values> void construct(U* at, Values&&... values) {
        ::new (static_cast<void*>(at)) U(std::forward<Values>(values)...);
    }
};

using Bytes = std::vector<std::byte, Unzeroed<std::byte>>;
using ByteView = std::span<const std::byte>;

inline ByteView bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string_view text_of(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace gpuboot
