// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/reason.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace gpuboot::model;

TEST_CASE("the table stands in the order of the enumeration") {
    for (std::size_t i = 0; i < reason_texts.size(); ++i)
        CHECK(static_cast<std::size_t>(reason_texts[i].code) == i);
    CHECK(reason_texts.back().code == ReasonCode::StepFailed); // the last one: none is missing
}

TEST_CASE("every reason has a name of its own, and is found by it") {
    std::set<std::string_view> names;
    for (const ReasonText& entry : reason_texts) {
        CAPTURE(entry.name);
        CHECK(names.insert(entry.name).second);
        CHECK(entry.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
        CHECK(reason_code_of(entry.name) == entry.code);
        CHECK(text_of(entry.code).name == entry.name);
    }
    CHECK(reason_code_of("no_such_reason") == std::nullopt);
    CHECK(reason_code_of("") == std::nullopt);
}

TEST_CASE("every reason has a sentence and a remedy that is one") {
    for (const ReasonText& entry : reason_texts) {
        CAPTURE(entry.name);
        CHECK_FALSE(entry.sentence.empty());
        CHECK_FALSE(entry.sentence.ends_with('.')); // a list puts it before its name in brackets
        CHECK(entry.remedy.ends_with('.'));
        const Reason reason{entry.code, "SUBJECT", "WANTED", "FOUND"};
        const std::string text = to_text(reason);
        CHECK(text.find_first_of("{}") == std::string::npos);
        CHECK(name_of(reason) == entry.name);
        CHECK(remedy_of(reason) == entry.remedy);
    }
}

TEST_CASE("a difference is told with both values") { // S1-21
    using enum ReasonCode;
    for (ReasonCode code :
         {KernelDiffers, VersionDiffers, KindDiffers, ArchDiffers, SourceDiffers, FileSizeDiffers,
          FileDigestDiffers, VermagicDiffers, OtherDriverLoaded, NodeWrong, BakeUnsafe}) {
        const std::string text = to_text(Reason{code, "SUBJECT", "WANTED", "FOUND"});
        CAPTURE(text);
        CHECK(text.contains("WANTED"));
        CHECK(text.contains("FOUND"));
    }
}

TEST_CASE("control characters reach no terminal") { // F-117 F-51
    const Reason reason{ReasonCode::KernelDiffers, "a\nb", "\x1b[2J\x7f", "\t\r"};
    const std::string text = to_text(reason);
    CHECK(text == R"(a\x0ab was made for kernel \x09\x0d, this is \x1b[2J\x7f)");
    const Reason nul{ReasonCode::PinMalformed, "", "", std::string("a\0b", 3)};
    CHECK(to_text(nul) == R"(a\x00b)");
}

TEST_CASE("what a value holds is never taken for a place to fill") {
    const Reason reason{ReasonCode::KernelDiffers, "{found}", "{subject}", "{wanted} {"};
    CHECK(to_text(reason) == "{found} was made for kernel {wanted} {, this is {subject}");
}
