// The 2009 dialect: what the parser strips from a line is put around what it left.
#include <string>
#include <string_view>

#include "language/config_impl.h"
#include "printed_source.h"

namespace kvmtest::language {

namespace {

constexpr std::string_view kBlanks = " \t\n\r\f\v";

bool IsBlank(char c) {
  return kBlanks.find(c) != std::string_view::npos;
}

// Would the parser strip anything from it?
bool LosesItsEnds(std::string_view text) {
  if (text.empty()) return false;
  char first = text.front(), last = text.back();
  if (IsBlank(first) || IsBlank(last)) return true;
  return text.size() > 1 && first == last && (first == '"' || first == '\'');
}

// In quotes that are not those at its own ends, of which all would go.
std::string Quoted(std::string_view text) {
  char quote = text.starts_with('"') || text.ends_with('"') ? '\'' : '"';
  return quote + std::string(text) + quote;
}

std::string Kept(std::string_view text) {
  return LosesItsEnds(text) ? Quoted(text) : std::string(text);
}

class Printer2009 {
 public:
  explicit Printer2009(const Interner& keys) : keys_(keys) {}

  std::string Print(const Block2009& body) {
    PrintBlock(body, 0);
    return std::move(out_);
  }

 private:
  std::string& Line(int indent) {
    if (!out_.empty()) out_ += '\n';
    return out_.append(static_cast<size_t>(indent), ' ');
  }

  void PrintBlock(const Block2009& block, int indent) {
    for (const Statement2009& statement : block) {
      switch (statement.kind) {
        case Kind2009::kOperators:
          for (const Item& item : statement.items) PrintOperator(statement, item, indent);
          break;
        case Kind2009::kOnly:
        case Kind2009::kNo:
          Line(indent) += statement.kind == Kind2009::kOnly ? "only" : "no";
          for (const Word2009& word : statement.words) (out_ += ' ') += word.text;
          break;
        case Kind2009::kException:
          PrintException(statement, indent);
          break;
        case Kind2009::kVariants:
        case Kind2009::kSubvariants:
          PrintVariants(statement, indent);
          break;
      }
    }
  }

  // [FILTER:] KEY OP VALUE. Quotes go twice, from all that is left of the operator and from its
  // two parts.
  void PrintOperator(const Statement2009& statement, const Item& item, int indent) {
    static constexpr const char* kOperators[] = {"=", "+=", "<=", "~=", "?=", "?+=", "?<="};
    std::string left = Kept(keys_.Text(item.key));
    if (!statement.words.empty()) left = Kept(statement.words[0].text) + ":" + left;
    bool is_comment = left.starts_with('#') || left.starts_with("//");
    if (LosesItsEnds(left) || is_comment) left = Quoted(left);
    if (!left.empty()) left += ' ';  // a blank that begins a line is indentation
    Line(indent) += left + kOperators[static_cast<size_t>(item.kind)] + ' ' + Kept(item.value.text);
  }

  // FILTER: of which all colons at the ends go; one more keeps it from being another statement.
  void PrintException(const Statement2009& statement, int indent) {
    Line(indent).append(":").append(statement.words[0].text).append(":");
    PrintBlock(statement.body, indent + 4);
  }

  void PrintVariants(const Statement2009& statement, int indent) {
    Line(indent) += statement.kind == Kind2009::kVariants ? "variants:" : "subvariants:";
    for (const Variant2009& variant : statement.variants) {
      Line(indent + 4) += variant.add_to_shortname ? "- " : "- @";
      (out_ += variant.name) += ':';
      for (std::string_view dep : variant.deps) (out_ += ' ') += dep;
      if (!variant.deps.empty()) out_ += ':';  // or a '-' at the end would go
      PrintBlock(variant.body, indent + 8);
    }
  }

  const Interner& keys_;
  std::string out_;
};

}  // namespace

PrintedSource Print2009(const Config& config) {
  const ConfigImpl& impl = config.impl();
  std::string text = "# dialect: 2009\n" + Printer2009(impl.tree.keys).Print(impl.program.body);
  return {.main_path = "main.cfg", .files = {{"main.cfg", text + "\n"}}, .strings = {}};
}

}  // namespace kvmtest::language
