// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/compression.hpp"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/handle.hpp"

namespace gpuboot {

namespace {

constexpr std::array all{Compression::None, Compression::Zstd, Compression::Xz, Compression::Gzip};
constexpr std::uint64_t xz_memory = std::uint64_t{256} << 20; // xz -9 needs 65 MiB to unpack
constexpr std::size_t step = std::size_t{1} << 14;            // a small module needs no more
constexpr int gzip_format = 15 + 16; // zlib: the largest window, a gzip header

std::unexpected<Error> broken(std::string_view what) {
    return fail(Errc::BadInput, std::string(what));
}

/// Lets `more` fill the end of a growing buffer until it says it is done. `more` takes the free
/// part and returns how much of it is filled, and whether that was all.
struct Filled {
    std::size_t bytes = 0;
    bool done = false;
};
template <class More> Result<Bytes> grow(std::size_t first, std::size_t limit, More more) {
    const std::size_t most = limit + 1; // one byte more tells that it is too large
    Bytes out(std::min(std::max(first, step), most));
    std::size_t used = 0;
    for (;;) {
        if (used == out.size()) out.resize(std::min(out.size() * 2, most));
        auto filled = more(std::span(out).subspan(used));
        if (!filled) return forward(std::move(filled).error());
        used += filled->bytes;
        if (used > limit) return broken("larger than " + std::to_string(limit) + " bytes");
        if (filled->done) break;
    }
    out.resize(used);
    return out;
}

Result<Bytes> unpack_zstd(ByteView bytes, std::size_t limit) {
    const Handle<ZSTD_DStream, ZSTD_freeDStream> stream(ZSTD_createDStream());
    if (!stream) return fail(Errc::Io, "zstd: no context");
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    return grow(bytes.size() * 4, limit, [&](std::span<std::byte> free) -> Result<Filled> {
        ZSTD_outBuffer out{free.data(), free.size(), 0};
        const std::size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
        if (ZSTD_isError(left) != 0) return broken(std::string("zstd: ") + ZSTD_getErrorName(left));
        if (left == 0 && in.pos < in.size) return broken("zstd: more than one frame");
        if (left != 0 && in.pos == in.size && out.pos < out.size) return broken("zstd: cut off");
        return Filled{out.pos, left == 0};
    });
}

struct XzStream {
    lzma_stream stream = LZMA_STREAM_INIT;
    XzStream() = default;
    XzStream(const XzStream&) = delete;
    XzStream& operator=(const XzStream&) = delete;
    ~XzStream() { lzma_end(&stream); }
};

Result<Bytes> unpack_xz(ByteView bytes, std::size_t limit) {
    XzStream holder;
    lzma_stream& xz = holder.stream;
    if (lzma_stream_decoder(&xz, xz_memory, 0) != LZMA_OK) return fail(Errc::Io, "xz: no context");
    xz.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    xz.avail_in = bytes.size();
    return grow(bytes.size() * 4, limit, [&](std::span<std::byte> free) -> Result<Filled> {
        xz.next_out = reinterpret_cast<std::uint8_t*>(free.data());
        xz.avail_out = free.size();
        const lzma_ret said = lzma_code(&xz, LZMA_FINISH);
        const Filled filled{free.size() - xz.avail_out, said == LZMA_STREAM_END};
        if (filled.done && xz.avail_in > 0) return broken("xz: more than one stream");
        if (said == LZMA_BUF_ERROR || (said == LZMA_OK && xz.avail_out > 0))
            return broken("xz: cut off");
        if (said != LZMA_OK && !filled.done) return broken("xz: broken data");
        return filled;
    });
}

struct GzipStream {
    z_stream stream{};
    int (*end)(z_stream*);
    explicit GzipStream(int (*at_end)(z_stream*)) : end(at_end) {}
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;
    ~GzipStream() { end(&stream); }
};

void give(z_stream& gzip, ByteView bytes) {
    // zlib takes no const input, and changes none.
    gzip.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
    gzip.avail_in = static_cast<uInt>(bytes.size());
}

/// At most what zlib's 32-bit counter holds.
uInt room(z_stream& gzip, std::span<std::byte> free) {
    gzip.next_out = reinterpret_cast<Bytef*>(free.data());
    gzip.avail_out = static_cast<uInt>(std::min<std::size_t>(free.size(), 1U << 30));
    return gzip.avail_out;
}

Result<Bytes> unpack_gzip(ByteView bytes, std::size_t limit) {
    if (bytes.size() > std::numeric_limits<uInt>::max()) return broken("gzip: too large");
    GzipStream holder(inflateEnd);
    z_stream& gzip = holder.stream;
    if (inflateInit2(&gzip, gzip_format) != Z_OK) return fail(Errc::Io, "gzip: no context");
    give(gzip, bytes);
    return grow(bytes.size() * 4, limit, [&](std::span<std::byte> free) -> Result<Filled> {
        const uInt given = room(gzip, free);
        const int said = inflate(&gzip, Z_NO_FLUSH);
        const Filled filled{given - gzip.avail_out, said == Z_STREAM_END};
        if (filled.done && gzip.avail_in > 0) return broken("gzip: more than one member");
        if (said == Z_BUF_ERROR || (said == Z_OK && gzip.avail_out > 0))
            return broken("gzip: cut off");
        if (said != Z_OK && !filled.done) return broken("gzip: broken data");
        return filled;
    });
}

Result<Bytes> pack_zstd(ByteView bytes) {
    Bytes out(ZSTD_compressBound(bytes.size()));
    const std::size_t size =
        ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
    if (ZSTD_isError(size) != 0)
        return fail(Errc::Io, std::string("zstd: ") + ZSTD_getErrorName(size));
    out.resize(size);
    return out;
}

Result<Bytes> pack_xz(ByteView bytes) {
    Bytes out(lzma_stream_buffer_bound(bytes.size()));
    std::size_t size = 0;
    // As the kernel's own build does it: CRC-32, and a dictionary that is soon allocated.
    lzma_options_lzma options;
    if (lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT) != 0)
        return fail(Errc::Io, "xz: no preset");
    options.dict_size = 1U << 20;
    std::array<lzma_filter, 2> filters{
        {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}}};
    const lzma_ret said =
        lzma_stream_buffer_encode(filters.data(), LZMA_CHECK_CRC32, nullptr,
                                  reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                                  reinterpret_cast<std::uint8_t*>(out.data()), &size, out.size());
    if (said != LZMA_OK) return fail(Errc::Io, "xz: cannot compress");
    out.resize(size);
    return out;
}

Result<Bytes> pack_gzip(ByteView bytes) {
    if (bytes.size() > (1U << 30)) return broken("gzip: too large");
    GzipStream holder(deflateEnd);
    z_stream& gzip = holder.stream;
    if (deflateInit2(&gzip, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_format, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(Errc::Io, "gzip: no context");
    Bytes out(deflateBound(&gzip, bytes.size()));
    give(gzip, bytes);
    const uInt given = room(gzip, out);
    if (deflate(&gzip, Z_FINISH) != Z_STREAM_END) return fail(Errc::Io, "gzip: cannot compress");
    out.resize(given - gzip.avail_out);
    return out;
}

} // namespace

std::string_view to_text(Compression compression) {
    switch (compression) {
    case Compression::None: return "none";
    case Compression::Zstd: return "zstd";
    case Compression::Xz: return "xz";
    case Compression::Gzip: return "gzip";
    }
    return "none";
}

std::string_view suffix_of(Compression compression) {
    switch (compression) {
    case Compression::None: return "";
    case Compression::Zstd: return ".zst";
    case Compression::Xz: return ".xz";
    case Compression::Gzip: return ".gz";
    }
    return "";
}

std::optional<Compression> compression_of(std::string_view text) {
    for (const Compression known : all)
        if (text == to_text(known)) return known;
    return std::nullopt;
}

Compression compression_of_file(std::string_view name) {
    for (const Compression known : all)
        if (known != Compression::None && name.ends_with(suffix_of(known))) return known;
    return Compression::None;
}

Result<Bytes> decompress(Compression compression, ByteView bytes, std::size_t limit) {
    switch (compression) {
    case Compression::None: break;
    case Compression::Zstd: return unpack_zstd(bytes, limit);
    case Compression::Xz: return unpack_xz(bytes, limit);
    case Compression::Gzip: return unpack_gzip(bytes, limit);
    }
    return Bytes(bytes.begin(), bytes.end());
}

Result<Bytes> compress(Compression compression, ByteView bytes) {
    switch (compression) {
    case Compression::None: break;
    case Compression::Zstd: return pack_zstd(bytes);
    case Compression::Xz: return pack_xz(bytes);
    case Compression::Gzip: return pack_gzip(bytes);
    }
    return Bytes(bytes.begin(), bytes.end());
}

} // namespace gpuboot
