#ifndef KVMTEST_KUT_ARITHMETIC_H_
#define KVMTEST_KUT_ARITHMETIC_H_

#include <functional>
#include <optional>
#include <string_view>

namespace kvmtest::kut {

// What a variable's name is made of, as in a shell.
bool IsNameByte(char c);

// What a shell makes of $((text)): whole numbers, parentheses, + - * / %, comparisons, ! && ||
// and ?:. Names, with or without `$`, stand for numbers. Nothing if it is anything else.
std::optional<long> Arithmetic(
    std::string_view text, const std::function<std::optional<long>(std::string_view)>& value_of);

}  // namespace kvmtest::kut

#endif  // KVMTEST_KUT_ARITHMETIC_H_
