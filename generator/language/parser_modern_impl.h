// The modern parser's class: statements in parser_modern.cc, those with filters in
// parser_filters.cc, `variants` blocks in parser_variants.cc.
#ifndef KVMTEST_LANGUAGE_PARSER_MODERN_IMPL_H_
#define KVMTEST_LANGUAGE_PARSER_MODERN_IMPL_H_

#include <climits>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "language/config_impl.h"
#include "language/diagnostic.h"
#include "language/lexer.h"
#include "language/line_reader.h"

namespace kvmtest::language {

class ModernParser {
 public:
  ModernParser(FileReader& reader, ConfigImpl* config, Diagnostics* diagnostics)
      : reader_(reader),
        config_(*config),
        tree_(config->tree),
        diagnostics_(*diagnostics),
        warns_(diagnostics->warnings()) {}

  // False if the file cannot be read.
  bool ParseFile(const std::string& path);
  void ParseString(const std::string& text);

 private:
  // What follows '[default='.
  struct Default {
    std::vector<Token> tokens;  // without blanks
    std::string_view text;
  };
  // `variants NAME [META]...:`
  struct Header {
    Line line;
    std::string_view name;
    std::vector<Default> defaults;
  };

  // One block being read. Its statements collect in items_ from `base` on.
  struct BlockState {
    LineReader& in;
    NodeId node;  // current node; not used in a condition
    bool in_condition;
    int prev_indent;
    size_t base;
    uint32_t run = 0;  // the current run of plain assignments, see FoldRegex
    bool has_suffix = false;
    Item suffix = {};
    int last_indent = INT_MAX;  // of the last line that opened no block
  };

  void ParseTopLevel(FileId file);
  NodeId ParseText(FileId file, NodeId node, bool in_condition, size_t base);
  // Reads lines deeper than prev_indent and returns the node that is the current one then. The
  // items from `base` on are left on items_ for the caller; they belong to that node.
  NodeId ParseBlock(LineReader& in, NodeId node, bool in_condition, int prev_indent, size_t base);
  void ParseStatement(BlockState& block, const Line& line, Header* header, bool* expect_variants);

  void ParseAssignment(BlockState& block, const Line& line, const Assignment& assignment);
  void FoldRegex(const Line& line, const Item& item);
  void ParseFilterStatement(BlockState& block, const Line& line, ItemKind kind, size_t pos);
  void ParseDelete(BlockState& block, const Line& line);
  void ParseSuffix(BlockState& block, const Line& line);
  void ParseInclude(BlockState& block, const Line& line);
  void ParseCondition(BlockState& block, const Line& line);
  // Of a line that is no statement.
  std::string StatementHint(const Line& line) const;
  // `rest_pos`: where the condition's colon ends.
  void ParseConditionBlock(BlockState& block, const Line& line, size_t rest_pos, ItemKind kind,
                           FilterId filter);

  bool ParseHeader(const Line& line, size_t pos, bool has_colon, Header* header);
  bool ParseMeta(const Line& line, Scanner& scanner, Header* header);
  NodeId ParseVariants(BlockState& block, Header& header, const Line& first);
  // `- [@]NAME: [deps]`; false after an error, reported.
  struct VariantLine {
    std::vector<Token> raw_name;  // identifiers and dots
    std::vector<std::string_view> names;
    bool at_default = false;
    FilterId deps = kNone;
    Span span;
  };
  bool ParseVariantLine(const Line& line, VariantLine* out);
  NodeId ParseVariant(BlockState& block, Header& header, const VariantLine& line, BlockId block_id,
                      const Line& source, int indent, bool* already_default);

  // parser_traps.cc: what means something else than it looks like.
  void WarnOfHiddenLines();
  void LookAtKeys();
  void WarnOfKey(const Line& line, const Assignment& assignment);
  void WarnOfValue(const Line& line, std::string_view value);
  void WarnOfIndent(BlockState& block, const Line& line, bool stored);
  // An operator character that the scanner has dropped behind `from`, in what `where` says.
  bool WarnOfDangling(const Line& line, const Scanner& scanner, size_t from,
                      std::string_view where);
  bool WarnOfTrailing(const Line& line, std::span<const Token> tokens);
  void WarnOfDeps(const Line& line, size_t pos, FilterId deps);
  void WarnOfPartialDefault(const VariantLine& line, const Default& asked);

  // Moves the items from `base` on into the node, after what it has.
  void FlushItems(NodeId node, size_t base);
  NodeId NewNode();
  void EndRun(BlockState& block);
  bool ReadStatementFilter(const Line& line, ItemKind kind, size_t pos, FilterId* filter);
  bool ReadFilter(const Line& line, std::span<const Token> tokens, FilterUse use, FilterId* filter);
  // Skips the lines that belong to a statement that could not be understood.
  void SkipBlock(LineReader& in, int indent);
  void SkipVariants(LineReader& in, int indent);
  // Variants without a block: told once, with what stands `before` them.
  void StrayVariants(BlockState& block, const Line& line, std::string_view before);
  std::string StrayVariantsHint(const BlockState& block, std::string_view before) const;
  bool TooDeep(const Line& line);
  KeyId Key(std::string_view text);

  Span SpanOf(const Line& line, size_t pos, size_t length) const;
  Place PlaceOf(const Line& line) const;
  void Error(const Line& line, size_t pos, size_t length, std::string message,
             std::string hint = {}, std::string code = "syntax");
  void Warn(const Line& line, size_t pos, size_t length, std::string code, std::string message,
            std::string hint = {});
  // Where a part of the line stands in it.
  static size_t PosOf(const Line& line, std::string_view part) {
    return part.empty() ? line.text.size() : static_cast<size_t>(part.data() - line.text.data());
  }

  FileReader& reader_;
  ConfigImpl& config_;
  Tree& tree_;
  Diagnostics& diagnostics_;
  bool warns_;
  FileId file_ = kNoFile;  // being parsed
  std::vector<Item> items_;
  std::vector<Token> tokens_;
  // By text: filters of only, no and join; conditions with their colon.
  std::unordered_map<std::string_view, FilterId> known_filters_, known_conditions_;
  std::string_view last_condition_;  // the line that began it, if more than its ':' is on it
  std::string_view last_statement_;  // a block of variants counts as its header
  // By node: the most labels on a way from it to the leaf.
  std::vector<uint32_t> labels_from_;
  bool names_too_long_ = false;
  // By key, for those looked at.
  std::vector<bool> is_odd_key_;
  KeyId known_keys_ = 0;
  // By key: the run that set it last.
  std::vector<uint32_t> key_run_;
  uint32_t runs_ = 0;
  std::vector<KeyId> run_keys_;  // that the current run set
  uint64_t folded_ = 0;          // keys that FoldRegex has looked at
  VariantId variant_ = kNone;    // whose block is being read
  Line variant_line_;            // that begins it, if it is in the same file
  int depth_ = 0;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_PARSER_MODERN_IMPL_H_
