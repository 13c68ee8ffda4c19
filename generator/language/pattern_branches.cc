#include "language/pattern_branches.h"

#include "language/regex_alternatives.h"

namespace kvmtest::language {

namespace {

class BranchReader {
 public:
  explicit BranchReader(std::string_view pattern) : pattern_(pattern) {}

  std::vector<PatternBranch> Read() {
    Collect({0, pattern_.size()}, {}, 0);
    // In parentheses, as filters are, it would be an extension.
    understood_ &= !pattern_.starts_with('?');
    if (!understood_) branches_.clear();
    return std::move(branches_);
  }

 private:
  static constexpr size_t kMaxBytes = 1'000'000;
  static constexpr int kMaxDepth = 1;

  struct Range {
    size_t begin, end;
  };
  struct Group {
    Range body;
    Range all;  // with parentheses and '?'
    bool is_repeated;
  };
  struct Alternative {
    Range range;
    std::vector<Group> groups = {};
  };
  // What is around a group.
  struct Around {
    std::string before, after;
    std::string shown_before, shown_after;
  };

  bool At(size_t at, char c) const { return at < pattern_.size() && pattern_[at] == c; }
  std::string_view Text(size_t begin, size_t end) const {
    return pattern_.substr(begin, end - begin);
  }

  // Behind '(', '(?:' or '(?P<name>'.
  size_t BodyBegin(size_t open) {
    if (!At(open + 1, '?')) return open + 1;
    if (At(open + 2, ':')) return open + 3;
    size_t end = At(open + 2, 'P') && At(open + 3, '<') ? pattern_.find('>', open) : pattern_.npos;
    understood_ &= end != pattern_.npos;
    return understood_ ? end + 1 : open + 1;
  }

  Group GroupOf(size_t open, size_t close) {
    Group group{{BodyBegin(open), close}, {open, close + 1}, false};
    while (At(group.all.end, '?')) ++group.all.end;
    group.is_repeated = At(group.all.end, '*') || At(group.all.end, '+') || At(group.all.end, '{');
    return group;
  }

  std::vector<Alternative> Split(Range range) {
    std::vector<Alternative> alternatives = {{{range.begin, range.end}}};
    std::vector<size_t> open;
    for (size_t at = range.begin; at < range.end && understood_;
         at = BehindCharacter(pattern_, at)) {
      if (At(at, '(')) {
        open.push_back(at);
        BodyBegin(at);
      } else if (At(at, ')') && !open.empty()) {
        if (open.size() == 1) alternatives.back().groups.push_back(GroupOf(open[0], at));
        open.pop_back();
      } else if (At(at, '|') && open.empty()) {
        alternatives.back().range.end = at;
        alternatives.push_back({{at + 1, range.end}});
      }
    }
    return alternatives;
  }

  void Collect(Range range, const Around& around, int depth) {
    const std::vector<Alternative> alternatives = Split(range);
    for (const Alternative& alternative : alternatives) {
      if (!understood_ || bytes_ > kMaxBytes) return;
      const auto [begin, end] = alternative.range;
      const size_t index = branches_.size();
      const bool is_branch = alternatives.size() > 1 && begin < end;
      if (is_branch) Add(alternative.range, around);
      for (const Group& group : alternative.groups) {
        if (group.is_repeated || depth == kMaxDepth) continue;
        const std::string before(Text(begin, group.all.begin)), after(Text(group.all.end, end));
        Collect(group.body,
                {around.before + before + "(?:", ")" + after + around.after,
                 around.shown_before + before, after + around.shown_after},
                depth + 1);
      }
      if (is_branch) branches_[index].inner = branches_.size() - index - 1;
    }
  }

  void Add(Range range, const Around& around) {
    const std::string text(Text(range.begin, range.end));
    const std::string &before = around.shown_before, &after = around.shown_after;
    bool begins = before.empty() || before.back() == '.' || before.back() == '^';
    bool ends = after.empty() || after[0] == '.' || after[0] == '$' || after.starts_with("\\.");
    branches_.push_back({range.begin, range.end, around.before + text + around.after,
                         before + text + after, begins && ends});
    bytes_ += branches_.back().alone.size() + branches_.back().shown.size();
  }

  std::string_view pattern_;
  std::vector<PatternBranch> branches_;
  size_t bytes_ = 0;
  bool understood_ = true;
};

}  // namespace

std::vector<PatternBranch> BranchesOf(std::string_view pattern) {
  return BranchReader(pattern).Read();
}

}  // namespace kvmtest::language
