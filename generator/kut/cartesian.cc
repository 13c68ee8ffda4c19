#include "kut/cartesian.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

namespace kvmtest::kut {

namespace {

constexpr long kDefaultTimeout = 90;   // seconds, as kvm-unit-tests has it
constexpr long kSlowest = 4;           // kvmtest-run's timeout_multiplier for TCG
constexpr long kStartAndEndTime = 60;  // seconds

// What the whole test may take. One without a limit must end some day, too.
long WholeTime(long timeout) {
  constexpr long kFourHours = 14400;
  return timeout == 0 ? kFourHours : timeout * kSlowest + kStartAndEndTime;
}

// Can it be a value of the language as it is, between quotes?
bool IsPlain(std::string_view value) {
  if (value.find("${") != value.npos) return false;
  for (char c : value) {
    if (c < ' ' || c > '~') return false;
  }
  return true;
}

// A value in the language: one pair of quotes around it is taken off, which keeps all within.
std::string Value(std::string_view value) {
  constexpr std::string_view kBare =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@% ";
  bool bare = !value.empty() && value.front() != ' ' && value.back() != ' ' &&
              value.find_first_not_of(kBare) == value.npos;
  return bare ? std::string(value) : fmt::format("\"{}\"", value);
}

std::string VariantName(const std::string& name) {
  std::string text;
  for (char c : name) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                c == '_' || c == '-';
    text += good ? c : '_';
  }
  return text;
}

bool IsWhole(std::string_view text, std::string_view units) {
  if (!text.empty() && units.find(text.back()) != units.npos) text.remove_suffix(1);
  return !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == text.npos;
}

class Variant {
 public:
  Variant(const Tree& tree, const UnitTest& test, language::Diagnostics* diagnostics,
          const language::SourceMap& sources, language::FileId file)
      : tree_(tree), test_(test), diagnostics_(*diagnostics), sources_(sources), file_(file) {
    variables_ = {{"MAX_SMP", std::to_string(tree.max_smp)},
                  {"TESTNAME", test.name},
                  {"ARCH", tree.arch},
                  {"TEST_DIR", tree.test_dir}};
  }

  std::string Text(const std::string& name) {
    ReadCommandLine();
    std::string text =
        fmt::format("    - {}:\n        # {}\n", name, sources_.DescribeLine(test_.span));
    AddTo(&text);
    return text;
  }

 private:
  struct Line {
    std::string key;
    std::string value;
  };

  void Error(const ShellText& text, const ShellWords& words) {
    size_t index = std::min(words.error_at, text.at.size() - 1);
    language::Span span = sources_.PlaceOf(file_, text.at[index]);
    span.length = 1;
    diagnostics_.Report(
        {.severity = language::Severity::kError, .span = span, .message = words.error});
  }

  ShellWords Words(const ShellText& text) {
    ShellWords words = Expand(text.text, variables_);
    if (!words.error.empty()) Error(text, words);
    return words;
  }

  void AddToShell(const std::string& text) {
    if (!for_shell_.empty()) for_shell_ += ' ';
    for_shell_ += text;
  }

  void ReadCommandLine() {
    ReadSmp();
    ReadTestArgs();
    if (test_.params.empty()) return;
    ShellWords words = Words(test_.params);
    if (!words.error.empty()) return;
    if (words.needs_shell) return AddToShell(test_.params.text);
    TakeOptions(words.words);
  }

  void ReadSmp() {
    if (test_.smp.empty()) return;
    ShellWords words = Words(test_.smp);
    if (!words.error.empty()) return;
    if (words.needs_shell) return AddToShell("-smp " + test_.smp.text);
    if (words.words.size() == 1 && IsWhole(words.words[0], "") && words.words[0] != "0") {
      smp_ = words.words[0];
      return;
    }
    if (words.words.empty()) return;
    // "1,maxcpus=3", or further options behind it: their scripts write "-smp" before the value.
    rest_.emplace_back("-smp");
    rest_.insert(rest_.end(), words.words.begin(), words.words.end());
  }

  void ReadTestArgs() {
    if (test_.test_args.empty()) return;
    ShellWords words = Words(test_.test_args);
    if (!words.error.empty()) return;
    if (words.needs_shell) return AddToShell("-append " + test_.test_args.text);
    if (words.words.size() == 1) return TakeArguments(words.words[0]);
    words.error =
        fmt::format("test_args is {} words for a shell: quote them as one", words.words.size());
    Error(test_.test_args, words);
  }

  void TakeArguments(const std::string& arguments) {
    if (IsPlain(arguments)) {
      kernel_params_ = arguments;
      return;
    }
    rest_.emplace_back("-append");
    rest_.push_back(arguments);
  }

  // Options that kvmtest-run has params for become those; it says all others to qemu as they are.
  void TakeOptions(const std::vector<std::string>& words) {
    for (size_t i = 0; i < words.size(); ++i) {
      std::string option = words[i].starts_with("--") ? words[i].substr(1) : words[i];
      const std::string* value = i + 1 < words.size() ? &words[i + 1] : nullptr;
      if (option == "-enable-kvm") {
        needs_kvm_ = true;
      } else if (option == "-append" && value != nullptr) {
        TakeArguments(*value);
        ++i;
      } else if (option == "-cpu" && value != nullptr && IsPlain(*value)) {
        cpu_model_ = *value;
        ++i;
      } else if (option == "-m" && value != nullptr && IsWhole(*value, "KMGkmg")) {
        mem_ = *value;
        ++i;
      } else {
        rest_.push_back(words[i]);
      }
    }
  }

  bool InGroup(std::string_view group) const {
    for (const std::string& name : test_.groups) {
      if (name == group) return true;
    }
    return false;
  }

  std::string Mode() const {
    if (InGroup("migration")) return "migration";
    return InGroup("panic") ? "panic" : "";
  }

  // Where it is not the variant's, and where a shell will ask for it.
  bool NeedsName() const {
    return VariantName(test_.name) != test_.name || !for_shell_.empty() ||
           !test_.disabled_if.empty();
  }

  std::string QuotedRest() const {
    std::string text;
    for (const std::string& word : rest_) text += (text.empty() ? "" : " ") + QuotedWord(word);
    return text;
  }

  void AddTo(std::string* text) const {
    std::string accel = needs_kvm_ ? "kvm" : test_.accel;
    auto shell = [](const std::string& value) { return value.empty() ? "" : QuotedWord(value); };
    std::string timeout = test_.timeout ? std::to_string(*test_.timeout) : "";
    std::string whole = test_.timeout ? std::to_string(WholeTime(*test_.timeout)) : "";
    const Line lines[] = {
        {"kut_name", NeedsName() ? QuotedWord(test_.name) : ""},
        {"labels", fmt::format("{}", fmt::join(test_.groups, " "))},
        {"kernel", tree_.test_dir + "/" + test_.file},
        {"kernel_params", kernel_params_},
        {"machine_type", test_.machine},
        {"cpu_model", cpu_model_},
        {"smp", smp_},
        {"mem", mem_},
        {"extra_params", QuotedRest()},
        {"accel", accel},
        {"kut_accel", accel},
        {"kut_arch", test_.arch},
        {"kut_check", fmt::format("{}", fmt::join(test_.checks, " "))},
        {"kut_disabled_if", shell(test_.disabled_if.text)},
        {"kut_mode", Mode()},
        {"kut_nodefault", InGroup("nodefault") ? "yes" : ""},
        {"kut_shell_params", shell(for_shell_)},
        {"kut_timeout", timeout},
        {"test_timeout", whole},
    };
    for (const Line& line : lines) {
      if (!line.value.empty()) {
        *text += fmt::format("        {} = {}\n", line.key, Value(line.value));
      }
    }
  }

  const Tree& tree_;
  const UnitTest& test_;
  language::Diagnostics& diagnostics_;
  const language::SourceMap& sources_;
  language::FileId file_;
  std::map<std::string, std::string> variables_;
  std::string kernel_params_, cpu_model_, smp_, mem_, for_shell_;
  std::vector<std::string> rest_;
  bool needs_kvm_ = false;
};

std::string Header(const Tree& tree) {
  return fmt::format(
      "# dialect: modern\n"
      "# Made by `kvmtest-generate kvm-unit-tests` from {}/unittests.cfg: change that, or the "
      "file\n"
      "# that includes this one.\n"
      "type = kvm_unit_test\n"
      "images_base_dir = {}\n"
      "vms = vm1\n"
      "nics =\n"
      "images =\n"
      "mem = 128\n"
      "kut_tree_arch = {}\n"
      "kut_max_smp = {}\n"
      "kut_timeout = {}\n"
      "test_timeout = {}\n"
      "variants:\n",
      tree.test_dir, Value(tree.directory), tree.arch, tree.max_smp, kDefaultTimeout,
      WholeTime(kDefaultTimeout));
}

}  // namespace

std::string CartesianText(const Tree& tree, const std::vector<UnitTest>& tests,
                          const language::SourceMap& sources, language::FileId file,
                          language::Diagnostics* diagnostics) {
  std::string text = Header(tree);
  std::set<std::string> names;
  for (const UnitTest& test : tests) {
    std::string name = VariantName(test.name);
    for (int i = 2; !names.insert(name).second; ++i) {
      name = fmt::format("{}_{}", VariantName(test.name), i);
    }
    text += Variant(tree, test, diagnostics, sources, file).Text(name);
  }
  return text;
}

}  // namespace kvmtest::kut
