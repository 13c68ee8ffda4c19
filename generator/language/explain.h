// Why a test has the values that it has, and why a name is no test.
//
// All of it is found after the fact: a test's statements are applied once more, one by
// one, and what each does to the params is looked at. Expanding knows nothing of this.
#ifndef KVMTEST_LANGUAGE_EXPLAIN_H_
#define KVMTEST_LANGUAGE_EXPLAIN_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "language/bounds.h"
#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {

// A statement and what it stands in.
struct ExplainedStatement {
  struct Condition {
    Span span = {};
    std::string text = {};  // "a..b:" or "!a..b:"
    bool operator==(const Condition&) const = default;
  };
  Span span = {};
  VariantId variant = kNone;               // the innermost whose text holds it
  std::vector<Condition> conditions = {};  // outermost first
  bool operator==(const ExplainedStatement&) const = default;
};

// What was put in for `${name}`, or taken over from the key that limits another.
struct PutIn {
  std::string name = {};
  bool is_limit = false;
  std::optional<std::string> value = {};  // nothing: not set
  std::vector<Span> from = {};            // the statements that the value comes from
};

// What a statement did to a param.
struct ParamStep {
  enum class Effect {
    kNothing,   // see the remark
    kReplaces,  // what was there before no longer matters
    kChanges,   // makes something of what was there
    kRenames,   // the key; the value stays
  };
  ExplainedStatement at = {};
  Effect effect = Effect::kNothing;
  bool counts = false;                    // is the value the work of this statement, too?
  Span overridden_by = {};                // if not: of which statement instead
  std::optional<std::string> value = {};  // afterwards; nothing: not set
  bool value_is_as_written = true;
  std::vector<PutIn> put_in = {};
  std::string remark = {};
};

struct ExplainedParam {
  std::string key = {};
  std::optional<std::string> value = {};  // nothing: not set in the end
  std::vector<ParamStep> steps = {};      // in the order in which they were applied
  std::string remark = {};                // what no single statement did
};

struct ExplainedDep {
  std::string name = {};
  Span span = {};
};

// A test of the result.
struct ExplainedTest {
  std::string name = {};
  std::string shortname = {};
  std::vector<VariantId> variants = {};  // in name order
  std::vector<ExplainedDep> deps = {};
  std::vector<std::string> parts = {};  // names of the dicts that `join` made it of
  std::vector<ExplainedStatement> joins = {};
  std::vector<ExplainedParam> params = {};  // sorted by key; only the one asked for if one was
};

// What keeps a name out of the result.
struct Obstacle {
  enum class Kind {
    kFilter,    // only or no; deleting the statement takes the obstacle away
    kDefaults,  // --defaults takes another variant of the block
    kJoin,      // `join` made other tests of it
  };
  Kind kind = Kind::kFilter;
  ExplainedStatement at = {};
  std::string why = {};
};

// A name that variants can give but that is not in the result.
struct RemovedTest {
  std::string name = {};
  std::vector<VariantId> variants = {};
  std::vector<std::string> parts = {};  // as in ExplainedTest
  std::vector<Obstacle> obstacles = {};
};

// Keeps of `common` what is among the obstacles too.
void KeepCommon(const std::vector<Obstacle>& obstacles, std::vector<Obstacle>* common);

struct NameList {
  std::vector<std::string> names = {};  // the first few
  uint64_t count = 0;
  bool at_least = false;  // counting was given up there
};

struct ExplainRemark {
  std::string text = {};
  std::vector<Note> notes = {};
};

struct Explanation {
  enum class Answer {
    kInResult,     // `tests`
    kNoSuchParam,  // `tests` without params, `remarks`
    kRemoved,      // `removed`, one for each way to the name
    kSeveral,      // `names`: which of these?
    kAllRemoved,   // `names` would be meant; `common` are the filters that remove each of them
    kUnknown,      // `remarks`; `names` are near
  };
  Answer answer = Answer::kUnknown;
  std::string asked = {};
  std::string key = {};  // "" if all params were asked for
  std::vector<ExplainedTest> tests = {};
  std::vector<RemovedTest> removed = {};
  uint64_t more_ways = 0;  // to the name, not looked at
  NameList names = {};
  bool names_are_tests = false;  // kUnknown: are they in the result?
  bool gave_up = false;          // kUnknown: there were too many dicts to look through
  std::vector<Obstacle> common = {};
  std::vector<ExplainRemark> remarks = {};

  bool IsExplained() const { return answer == Answer::kInResult; }
  // A param was asked for, and there is nothing to tell of it.
  bool IsKeyMissing() const;
};

// A search for an explanation gives up sooner than an expansion does.
inline constexpr Bounds kExplainBounds = {.steps = 20'000'000};

// Explains the tests called `name`: a full name, else a short name, else a filter that
// must select one test. With `key`, only that param. Nothing if an operator of the test
// is in error, which is reported.
std::optional<Explanation> Explain(const Config& config, const std::string& name,
                                   const std::string& key, Diagnostics& diagnostics,
                                   const Bounds& bounds = kExplainBounds);

// For people and programs: every place begins a line, behind two characters, as
// "FILE:LINE: ". The first character is '*' before the statements that count: those whose
// values a param has, or that keep a name out of the result.
std::string RenderExplanation(const Explanation& explanation, const Config& config);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_EXPLAIN_H_
