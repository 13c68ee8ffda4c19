#include "kut_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "kut/cartesian.h"
#include "kut/unittests.h"
#include "language/diagnostic.h"
#include "language/source.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

namespace fs = std::filesystem;

constexpr int kTreeRefused = 1;

struct KutOptions {
  std::string tree;
  std::string output;  // empty: standard output
  std::string arch;
  std::string test_dir;
  long max_smp = 4;
};

int Refuse(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return kTreeRefused;
}

// The value of KEY=VALUE in the makefile that ./configure writes; empty if it has none.
std::string MakeVariable(const std::string& makefile, const std::string& key) {
  std::istringstream lines(makefile);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(key + "=")) return line.substr(key.size() + 1);
  }
  return "";
}

// Text if the tree does not say what it is built for.
std::optional<std::string> Describe(language::FileReader& reader, const KutOptions& options,
                                    kut::Tree* tree) {
  std::error_code error;
  tree->directory = fs::absolute(options.tree, error).lexically_normal().string();
  if (tree->directory.size() > 1 && tree->directory.ends_with('/')) tree->directory.pop_back();
  std::string path = tree->directory + "/config.mak";
  auto text = reader.Read(path);
  tree->arch = options.arch.empty() ? MakeVariable(text.value_or(""), "ARCH") : options.arch;
  tree->test_dir =
      options.test_dir.empty() ? MakeVariable(text.value_or(""), "TEST_DIR") : options.test_dir;
  tree->max_smp = options.max_smp;
  if (tree->arch.empty() || tree->test_dir.empty()) {
    return fmt::format(
        "{}: error: {}\nhint: run the tree's ./configure and make, or say --arch and --test-dir",
        path, text ? "it sets no ARCH or no TEST_DIR" : reader.Fault(path));
  }
  if (tree->arch != "x86_64" && tree->arch != "i386") {
    return fmt::format("{}: error: the tree is built for '{}': expected x86_64 or i386", path,
                       tree->arch);
  }
  for (char c : tree->directory + tree->test_dir) {
    if (c >= ' ' && c <= '~' && c != '$' && c != '"') continue;
    return fmt::format("{}: error: the path holds a byte that a configuration cannot", path);
  }
  return std::nullopt;
}

int Run(const KutOptions& options) {
  language::DiskReader reader;
  kut::Tree tree;
  if (auto fault = Describe(reader, options, &tree)) return Refuse(*fault);
  std::string shown = (fs::path(options.tree) / tree.test_dir / "unittests.cfg").string();
  auto text = reader.Read(shown);
  if (!text) return Refuse(fmt::format("{}: error: {}", shown, reader.Fault(shown)));
  language::SourceMap sources;
  language::FileId file =
      sources.AddFile(shown, std::make_shared<const std::string>(std::move(*text)), {});
  language::Diagnostics diagnostics;
  std::vector<kut::UnitTest> tests = kut::ReadUnitTests(sources, file, &diagnostics);
  std::string configuration = kut::CartesianText(tree, tests, sources, file, &diagnostics);
  std::string messages = diagnostics.Render(sources);
  std::fwrite(messages.data(), 1, messages.size(), stderr);
  if (diagnostics.HasErrors()) return kTreeRefused;
  if (tests.empty()) return Refuse(fmt::format("{}: error: there are no tests", shown));
  return WriteTo(options.output, configuration);
}

}  // namespace

void AddKutCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<KutOptions>();
  CLI::App* command = app.add_subcommand(
      "kvm-unit-tests", "Make a configuration of the tests that a kvm-unit-tests tree describes");
  command->add_option("TREE", options->tree, "The tree, configured and built")->required();
  command->add_option("-o,--output", options->output, "File to write (default: standard output)");
  command->add_option("--max-smp", options->max_smp, "What $MAX_SMP stands for (default: 4)")
      ->check(CLI::Range(1, 1024));
  command->add_option("--arch", options->arch, "x86_64 or i386 (default: what config.mak says)");
  command->add_option("--test-dir", options->test_dir,
                      "Directory of unittests.cfg (default: what config.mak says)");
  command->callback([options, exit_code] { *exit_code = Run(*options); });
}

}  // namespace kvmtest
