// Keys that belong to the language itself, with fixed numbers in Tree::keys.
#ifndef KVMTEST_LANGUAGE_RESERVED_KEYS_H_
#define KVMTEST_LANGUAGE_RESERVED_KEYS_H_

#include <cstdint>
#include <string_view>

namespace kvmtest::language {

inline constexpr uint32_t kNameKey = 0;
inline constexpr uint32_t kShortnameKey = 1;
inline constexpr uint32_t kDepKey = 2;           // modern: reserved
inline constexpr uint32_t kNameMapKey = 3;       // modern
inline constexpr uint32_t kShortNameMapKey = 4;  // modern
inline constexpr uint32_t kReservedKeys = 5;     // modern: the keys below are reserved
inline constexpr uint32_t kDependKey = 5;        // 2009's kDepKey; an ordinary key otherwise

inline constexpr std::string_view kFixedKeys[] = {
    "name", "shortname", "dep", "_name_map_file", "_short_name_map_file", "depend"};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_RESERVED_KEYS_H_
