// SPDX-License-Identifier: LGPL-2.1-or-later
// How the records of facts write and read what may be missing: nothing to say leaves no key.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fields.hpp"

namespace gpuboot::report {

/// A blank text is left out.
inline void put(Table& table, const char* key, const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) table.push_back({key, text});
}

/// Written even when empty: a reader may take a list that is missing for another one.
inline void put(Table& table, const char* key, const std::vector<std::string>& texts) {
    table.push_back({key, Array(texts.begin(), texts.end())});
}

/// Left out when empty.
template <class T>
void put(Table& table, const char* key, const std::vector<T>& values, Table (*record)(const T&)) {
    Array records;
    for (const T& value : values)
        records.push_back(record(value));
    if (!records.empty()) table.push_back({key, std::move(records)});
}

/// The text under `key`; "" when there is none.
inline std::string text_or_empty(Fields& fields, std::string_view key) {
    return fields.optional_text(key).value_or("");
}

/// One value for each of the tables under `key`, their flaws taken over; none when there is no
/// such key.
template <class Read> auto read_each(Fields& fields, std::string_view key, Read read) {
    std::vector<decltype(read(fields))> values;
    for (Fields& table : fields.optional_tables(key)) {
        values.push_back(read(table));
        fields.adopt(table);
    }
    return values;
}

} // namespace gpuboot::report
