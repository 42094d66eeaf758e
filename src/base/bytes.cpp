// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/bytes.hpp"

#include <sys/mman.h>

namespace gpuboot {

namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20;

} // namespace

void* take_memory(std::size_t size) {
    if (size < huge_page) return ::operator new(size);
    void* memory = ::operator new(size, std::align_val_t{huge_page});
    (void)::madvise(memory, size, MADV_HUGEPAGE); // a wish: small pages do as well
    return memory;
}

void return_memory(void* memory, std::size_t size) noexcept {
    if (size < huge_page)
        ::operator delete(memory);
    else
        ::operator delete(memory, std::align_val_t{huge_page});
}

} // namespace gpuboot
