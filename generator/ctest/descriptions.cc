#include "ctest/descriptions.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "ctest/escape.h"
#include "plan/text.h"

namespace kvmtest::ctest {
namespace {

using plan::AppendJsonString;

std::string Json(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

// The value of each key that more than half of the tests share.
class CommonParams {
 public:
  CommonParams(const plan::Plan& plan, const std::vector<uint32_t>& tests) {
    std::vector<size_t> tests_of_run(plan.runs.size());
    for (uint32_t index : tests) {
      for (plan::RunId run : plan.tests[index].params) ++tests_of_run[run];
    }
    std::unordered_map<uint64_t, size_t> counts;
    for (plan::RunId run = 0; run < tests_of_run.size(); ++run) {
      for (plan::Param param : plan.runs.Run(run)) counts[Pair(param)] += tests_of_run[run];
    }
    for (auto [pair, count] : counts) {
      if (count * 2 <= tests.size()) continue;
      plan::Param param{static_cast<plan::TextId>(pair >> 32), static_cast<plan::TextId>(pair)};
      params_.push_back(param);
      values_.emplace(param.key, param.value);
    }
    std::sort(params_.begin(), params_.end(), [&plan](plan::Param a, plan::Param b) {
      return plan.texts.Text(a.key) < plan.texts.Text(b.key);
    });
  }

  const std::vector<plan::Param>& params() const { return params_; }

  bool HasKey(plan::TextId key) const { return values_.contains(key); }
  bool Has(plan::Param param) const {
    auto value = values_.find(param.key);
    return value != values_.end() && value->second == param.value;
  }

 private:
  static uint64_t Pair(plan::Param param) {
    return static_cast<uint64_t>(param.key) << 32 | param.value;
  }

  std::vector<plan::Param> params_;
  std::unordered_map<plan::TextId, plan::TextId> values_;  // the same, by key
};

class Writer {
 public:
  Writer(const plan::Plan& plan, uint32_t host, const std::vector<uint32_t>& tests,
         const Options& options)
      : plan_(plan),
        host_(host),
        tests_(tests),
        options_(options),
        common_(plan, tests),
        differences_(plan.runs.size()) {
    setup_index_.resize(plan.queues.size());
    for (uint32_t i = 0; i < plan.queues.size(); ++i) {
      if (plan.queues[i].host != host) continue;
      setup_index_[i] = static_cast<uint32_t>(setups_.size());
      setups_.push_back(i);
    }
  }

  Descriptions Write(std::string_view generation) {
    WriteHeader(generation);
    for (uint32_t index : tests_) {
      result_.offsets.push_back(result_.text.size());
      WriteTest(plan_.tests[index]);
    }
    return std::move(result_);
  }

 private:
  const std::string& HostName() const { return plan_.hosts[host_].name; }

  void Put(std::string_view text) { result_.text += text; }
  void PutString(std::string_view text) { AppendJsonString(text, &result_.text); }

  void WriteHeader(std::string_view generation) {
    Put(fmt::format(R"({{"schema":{},"name":{},"generation":"{}","plan":"{}","host":{},)", kSchema,
                    Json(options_.name), generation, plan_.hosts[host_].digest, Json(HostName())));
    Put(fmt::format(R"("results_dir":{},"pool":{{"resource":"{}"}},"queues":[)",
                    Json(options_.output_dir + "/results/" + Escape(HostName())),
                    PoolResource(HostName())));
    for (size_t i = 0; i < setups_.size(); ++i) {
      if (i > 0) Put(",");
      WriteSetup(plan_.queues[setups_[i]]);
    }
    Put("],\"assign\":{");
    WriteAssign();
    Put("},\"params\":");
    WriteParams(common_.params());
    Put("}\n");
  }

  void WriteAssign() {
    std::string_view separator;
    std::vector<bool> is_here(plan_.sets.size());
    for (uint32_t test : tests_) is_here[plan_.tests[test].set] = true;
    for (size_t i = 0; i < plan_.sets.size(); ++i) {
      const plan::TestSet& set = plan_.sets[i];
      if (!is_here[i] || set.assign == plan::AssignWay::kManual) continue;
      const bool is_auto = set.assign == plan::AssignWay::kAuto;
      Put(fmt::format("{}{}:\"{}\"", separator, Json(set.name), is_auto ? "auto" : "pool"));
      separator = ",";
    }
  }

  void WriteSetup(const plan::QueueSetup& setup) {
    std::string state =
        fmt::format("{}/{}/{}", options_.state_dir, Escape(HostName()), setup.state_dir);
    std::string lock =
        fmt::format("{}/locks/{}/{}.lock", options_.root, Escape(HostName()), Escape(setup.queue));
    Put(fmt::format(R"({{"name":{},"resource":"{}","lock":{},"state_dir":{},"ranges":[)",
                    Json(setup.queue), QueueResource(HostName(), setup.queue), Json(lock),
                    Json(state)));
    for (size_t i = 0; i < setup.blocks.size(); ++i) {
      if (i > 0) Put(",");
      WriteBlock(setup, setup.blocks[i]);
    }
    Put("]}");
  }

  void WriteBlock(const plan::QueueSetup& setup, const plan::MacBlock& block) {
    Put(fmt::format(R"({{"name":{},"resource":"{}","base_mac":"{}",)", Json(block.range),
                    RangeResource(HostName(), setup.queue, block), plan::MacText(block.base_mac)));
    if (block.base_ip) Put(fmt::format(R"("base_ip":"{}",)", plan::IpText(*block.base_ip)));
    Put(fmt::format(R"("size":{},"offset":{},"count":{}}})", block.size, block.offset,
                    block.count));
  }

  void WriteTest(const plan::Test& test) {
    Put("{\"test\":");
    PutString(TestName(plan_, test, options_, false));
    Put(",\"name\":");
    PutString(test.full_name);
    Put(",\"shortname\":");
    PutString(test.shortname);
    Put(",\"set\":");
    PutString(plan_.sets[test.set].name);
    Put(",\"cost_name\":");
    PutString(test.cost_name);
    Put(",\"queues\":[");
    for (size_t i = 0; i < test.queues.size(); ++i) {
      Put(fmt::format("{}{}", i > 0 ? "," : "", setup_index_[test.queues[i]]));
    }
    Put("],\"labels\":");
    WriteStrings(Labels(test));
    Put(fmt::format(",\"timeout\":{},\"requires\":", test.timeout));
    std::vector<std::string> required;
    for (uint32_t other : test.required) {
      required.push_back(TestName(plan_, plan_.tests[other], options_, false));
    }
    WriteStrings(required);
    Put(",\"origin\":");
    PutString(test.origin);
    Put(",\"params\":");
    WriteDifferences(test);
    WriteQueueParams(test);
    WriteQueueTimeouts(test);
    Put("}\n");
  }

  std::vector<std::string> Labels(const plan::Test& test) const {
    std::vector<std::string> labels = {plan_.sets[test.set].name, "host:" + HostName()};
    if (!test.pooled) labels.push_back("queue:" + plan_.queues[test.queues[0]].queue);
    labels.insert(labels.end(), options_.labels.begin(), options_.labels.end());
    labels.insert(labels.end(), test.labels.begin(), test.labels.end());
    return labels;
  }

  void WriteStrings(const std::vector<std::string>& texts) {
    Put("[");
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i > 0) Put(",");
      PutString(texts[i]);
    }
    Put("]");
  }

  // Members of an object, with a comma before each but the first of all.
  void AppendParam(plan::Param param, std::string* members) const {
    if (!members->empty()) *members += ',';
    AppendJsonString(plan_.texts.Text(param.key), members);
    *members += ':';
    AppendJsonString(plan_.texts.Text(param.value), members);
  }

  void WriteParams(const std::vector<plan::Param>& params) {
    std::string members;
    for (plan::Param param : params) AppendParam(param, &members);
    Put("{");
    Put(members);
    Put("}");
  }

  void WriteQueueParams(const plan::Test& test) {
    if (test.queue_params.empty()) return;
    Put(",\"queue_params\":[");
    for (size_t i = 0; i < test.queue_params.size(); ++i) {
      if (i > 0) Put(",");
      WriteParams(test.queue_params[i]);
    }
    Put("]");
  }

  void WriteQueueTimeouts(const plan::Test& test) {
    if (test.queue_timeouts.empty()) return;
    Put(fmt::format(",\"queue_timeouts\":[{}]", fmt::join(test.queue_timeouts, ",")));
  }

  // What a run says that not most tests do, and how many of their keys it has.
  struct RunDifferences {
    std::string members;
    size_t common_keys = 0;
  };

  const RunDifferences& DifferencesOf(plan::RunId run) {
    std::optional<RunDifferences>& known = differences_[run];
    if (known) return *known;
    known.emplace();
    for (plan::Param param : plan_.runs.Run(run)) {
      if (common_.HasKey(param.key)) ++known->common_keys;
      if (!common_.Has(param)) AppendParam(param, &known->members);
    }
    return *known;
  }

  void WriteDifferences(const plan::Test& test) {
    Put("{");
    size_t common_keys = 0;
    std::string_view separator;
    for (plan::RunId run : test.params) {
      const RunDifferences& differences = DifferencesOf(run);
      common_keys += differences.common_keys;
      if (differences.members.empty()) continue;
      Put(separator);
      Put(differences.members);
      separator = ",";
    }
    Put("},\"unset\":");
    WriteStrings(common_keys == common_.params().size() ? std::vector<std::string>()
                                                        : KeysWithout(test));
  }

  // The common keys that the test lacks.
  std::vector<std::string> KeysWithout(const plan::Test& test) const {
    std::unordered_set<plan::TextId> keys;
    for (plan::Param param : plan_.runs.List(test.params)) keys.insert(param.key);
    std::vector<std::string> unset;
    for (plan::Param common : common_.params()) {
      if (!keys.contains(common.key)) unset.emplace_back(plan_.texts.Text(common.key));
    }
    return unset;
  }

  const plan::Plan& plan_;
  uint32_t host_;
  const std::vector<uint32_t>& tests_;
  const Options& options_;
  CommonParams common_;
  std::vector<std::optional<RunDifferences>> differences_;  // by run; made when needed
  std::vector<uint32_t> setups_;       // of this host, by their place in the plan
  std::vector<uint32_t> setup_index_;  // and back
  Descriptions result_;
};

}  // namespace

Descriptions Describe(const plan::Plan& plan, uint32_t host, const std::vector<uint32_t>& tests,
                      const Options& options, std::string_view generation) {
  return Writer(plan, host, tests, options).Write(generation);
}

}  // namespace kvmtest::ctest
