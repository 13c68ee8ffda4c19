// What a Config holds; internal to the language room.
#ifndef KVMTEST_LANGUAGE_CONFIG_IMPL_H_
#define KVMTEST_LANGUAGE_CONFIG_IMPL_H_

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "language/config.h"
#include "language/line_reader.h"
#include "language/program_2009.h"
#include "language/tree.h"

namespace kvmtest::language {

class ConfigImpl {
 public:
  SourceMap sources;
  Dialect dialect = Dialect::kModern;
  bool defaults = false;
  uint64_t max_included_lines = 0;
  std::vector<InputFile> inputs;
  std::vector<Block> blocks;
  std::vector<Variant> variants;
  // By variant: the nodes that hold its own text (modern).
  std::vector<std::vector<NodeId>> own_nodes;

  // The other way round, by node; kNone: outside all variants.
  std::vector<VariantId> Owners() const;

  Tree tree;            // modern
  Program2009 program;  // 2009

  // A file's text, read once however often it is asked for, and the same for all paths to a file;
  // null if absent.
  std::shared_ptr<const std::string> Peek(FileReader& reader, const std::string& path);
  // The same, and notes the file as an input.
  std::shared_ptr<const std::string> Read(FileReader& reader, const std::string& path);
  // The lines of a source, split once however often its text is parsed.
  std::span<const Line> Lines(FileId file) { return Split(file).lines; }
  std::span<const HiddenLine> HiddenLines(FileId file) { return Split(file).hidden; }

  // The directory that includes of a file are relative to: the same for all paths to it.
  const std::string& DirectoryOf(FileReader& reader, const std::string& path);
  // Would a file come to itself for ever if `by` included it? Only if one of those that led there
  // is the same file, and includes in it mean the same files: a link to it in another directory
  // may well include other ones (modern).
  bool IncludesItself(FileReader& reader, const std::string& path, FileId by);

  // Counts a text and the path to it, each time that it is included; false once there are too many,
  // which is reported at the first.
  bool AdmitIncluded(uint64_t lines, size_t bytes, const Span& from, Diagnostics* diagnostics);

 private:
  struct File {
    std::shared_ptr<const std::string> text;  // null: absent
    bool noted = false;                       // is in `inputs`
  };
  File& Open(FileReader& reader, const std::string& path);
  struct SplitText {
    std::vector<Line> lines;
    std::vector<HiddenLine> hidden;
  };
  const SplitText& Split(FileId file);

  std::unordered_map<std::string, File> files_;
  std::unordered_map<std::string, std::shared_ptr<const std::string>> texts_;  // by identity
  std::unordered_map<std::string, std::string> directories_;                   // identities
  uint64_t included_lines_ = 0;
  std::unordered_map<const char*, SplitText> split_;  // by where the text is
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_CONFIG_IMPL_H_
