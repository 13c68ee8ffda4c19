#include "kut/arithmetic.h"

#include <charconv>

namespace kvmtest::kut {

namespace {

constexpr int kDeepest = 100;

struct Operator {
  std::string_view text;
  int rank;  // the higher, the tighter
};
// Longer ones first.
constexpr Operator kOperators[] = {
    {"||", 1}, {"&&", 2}, {"==", 3}, {"!=", 3}, {"<=", 4}, {">=", 4}, {"<", 4},
    {">", 4},  {"+", 5},  {"-", 5},  {"*", 6},  {"/", 6},  {"%", 6},
};

std::optional<long> Apply(std::string_view op, long a, long b) {
  long result = 0;
  bool overflows = false;
  if (op == "||") return a != 0 || b != 0;
  if (op == "&&") return a != 0 && b != 0;
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<=") return a <= b;
  if (op == ">=") return a >= b;
  if (op == "<") return a < b;
  if (op == ">") return a > b;
  if (op == "+") overflows = __builtin_add_overflow(a, b, &result);
  if (op == "-") overflows = __builtin_sub_overflow(a, b, &result);
  if (op == "*") overflows = __builtin_mul_overflow(a, b, &result);
  if (op == "/" || op == "%") {
    if (b == 0 || b == -1) return std::nullopt;
    result = op == "/" ? a / b : a % b;
  }
  return overflows ? std::nullopt : std::optional(result);
}

class Evaluation {
 public:
  Evaluation(std::string_view text,
             const std::function<std::optional<long>(std::string_view)>& value_of)
      : rest_(text), value_of_(value_of) {}

  std::optional<long> Whole() {
    std::optional<long> value = Conditional();
    SkipBlanks();
    return rest_.empty() ? value : std::nullopt;
  }

 private:
  void SkipBlanks() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t')) rest_.remove_prefix(1);
  }
  bool Take(std::string_view word) {
    SkipBlanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<long> Conditional() {
    if (++depth_ > kDeepest) return std::nullopt;
    std::optional<long> condition = Binary(1);
    if (condition && Take("?")) {
      std::optional<long> yes = Conditional();
      if (!yes || !Take(":")) return std::nullopt;
      std::optional<long> no = Conditional();
      if (!no) return std::nullopt;
      condition = *condition != 0 ? yes : no;
    }
    --depth_;
    return condition;
  }

  const Operator* TakeOperator(int lowest) {
    SkipBlanks();
    for (const Operator& op : kOperators) {
      if (!rest_.starts_with(op.text)) continue;
      if (op.rank < lowest) return nullptr;
      rest_.remove_prefix(op.text.size());
      return &op;
    }
    return nullptr;
  }

  std::optional<long> Binary(int lowest) {
    std::optional<long> left = Unary();
    while (left) {
      const Operator* op = TakeOperator(lowest);
      if (op == nullptr) break;
      std::optional<long> right = Binary(op->rank + 1);
      left = right ? Apply(op->text, *left, *right) : std::nullopt;
    }
    return left;
  }

  std::optional<long> Unary() {
    if (++depth_ > kDeepest) return std::nullopt;
    std::optional<long> value;
    if (Take("!")) {
      value = Unary();
      if (value) value = *value == 0;
    } else if (Take("-")) {
      value = Unary();
      if (value) value = Apply("-", 0, *value);
    } else if (Take("(")) {
      value = Conditional();
      if (!Take(")")) value = std::nullopt;
    } else {
      value = Primary();
    }
    --depth_;
    return value;
  }

  std::optional<long> Primary() {
    bool dollar = Take("$");
    bool brace = dollar && Take("{");
    size_t end = 0;
    while (end < rest_.size() && IsNameByte(rest_[end])) ++end;
    std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (word.empty() || (brace && !Take("}"))) return std::nullopt;
    if (dollar || word[0] < '0' || word[0] > '9') return value_of_(word);
    if (word.size() > 1 && word[0] == '0') return std::nullopt;  // octal, or 0x: nobody does that
    long number = 0;
    auto [last, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || last != word.data() + word.size()) return std::nullopt;
    return number;
  }

  std::string_view rest_;
  const std::function<std::optional<long>(std::string_view)>& value_of_;
  int depth_ = 0;
};

}  // namespace

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::optional<long> Arithmetic(
    std::string_view text, const std::function<std::optional<long>(std::string_view)>& value_of) {
  return Evaluation(text, value_of).Whole();
}

}  // namespace kvmtest::kut
