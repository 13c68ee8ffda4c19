// The first line is a filter of the modern dialect; the second holds filters of 2009's, the third
// the variants that these choose from.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz_target.h"
#include "language/arena.h"
#include "language/config.h"
#include "language/expand.h"
#include "language/filter.h"
#include "language/lexer.h"
#include "language/python_text.h"
#include "language/regex.h"

namespace kvmtest::language {
namespace {

std::string_view TakeLine(std::string_view* text) {
  std::string_view line = text->substr(0, text->find('\n'));
  text->remove_prefix(std::min(line.size() + 1, text->size()));
  return line;
}

bool ReadFilter(std::string_view text, FilterUse use, LabelTable* labels, Arena* arena,
                Filter* filter) {
  std::vector<Token> tokens;
  Scanner scanner(text, 0);
  do tokens.push_back(scanner.Next());
  while (tokens.back().kind != TokenKind::kEnd && tokens.back().kind != TokenKind::kError);
  FilterError error;
  if (tokens.back().kind == TokenKind::kError) return false;
  bool ok = ParseFilter(tokens, use, labels, arena, filter, &error);
  HoldLaw(ok || !error.message.empty(), "an error has a message");
  return ok;
}

void ModernFilter(std::string_view text, FilterUse use) {
  if (python::FindInvalidUtf8(text) != text.npos) return;  // the parser looks for that first
  LabelTable labels;
  Arena arena;
  Filter filter;
  if (!ReadFilter(text, use, &labels, &arena, &filter)) return;
  std::string shown = FilterText(filter, labels);
  Filter again;
  HoldLaw(ReadFilter(shown, use, &labels, &arena, &again) && again == filter,
          "a filter that is printed can be read again", shown);
}

// The names that `only WORD` leaves.
std::string Chosen(const std::string& config_text) {
  MemoryReader reader;
  reader.Add("main.cfg", config_text);
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, {.path = "main.cfg", .dialect = Dialect::k2009}, diagnostics);
  std::string names;
  bool ok = ExpandNames(
      *config,
      [&names](std::string_view name) {
        (names += name) += '\n';
        return true;
      },
      diagnostics);
  return ok ? names : "error\n";
}

std::vector<std::string_view> Words(std::string_view line) {
  constexpr std::string_view kBlanks = " \t\r\f\v";
  std::vector<std::string_view> words;
  while (words.size() < 8) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (line.empty()) break;
    words.push_back(line.substr(0, line.find_first_of(kBlanks)));
    line.remove_prefix(words.back().size());
  }
  return words;
}

void OldFilters(std::string_view filters, std::string_view variants) {
  // An operator would make the line an assignment, a colon end the variant's name.
  if (filters.find('=') != filters.npos || variants.find_first_of("=:") != variants.npos) return;
  std::vector<std::string> names;
  std::string config = "variants:\n";
  for (std::string_view word : Words(variants)) {
    // What 2009 strips from a variant's line.
    while (word.starts_with('-') || word.starts_with('@')) word.remove_prefix(1);
    while (word.ends_with('-') || word.ends_with('@')) word.remove_suffix(1);
    if (word.empty()) continue;
    config.append("    - ").append(word).append(":\n");
    names.emplace_back(word);
  }
  if (names.empty()) return;
  for (std::string_view word : Words(filters)) {
    std::string expected, error;
    std::unique_ptr<Regex> regex =
        Regex::Compile("(\\.|^)(" + std::string(word) + ")(\\.|$)", true, &error);
    for (const std::string& name : names)
      if (regex && regex->Found(name)) expected += name + '\n';
    if (!regex) expected = "error\n";
    std::string found = Chosen(config + "only " + std::string(word) + "\n");
    HoldLaw(found == expected, "a filter of 2009 takes what its regular expression finds",
            config + std::string(word) + "\n" + found);
  }
}

}  // namespace
}  // namespace kvmtest::language

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvmtest::language;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view modern = TakeLine(&text);
  for (FilterUse use : {FilterUse::kMatching, FilterUse::kDependencies}) ModernFilter(modern, use);
  std::string_view filters = TakeLine(&text);
  OldFilters(filters, TakeLine(&text));
  return 0;
}
