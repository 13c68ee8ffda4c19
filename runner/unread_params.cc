#include "unread_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "procedures/procedure.h"
#include "vm/foreign_params.h"
#include "vm/params.h"
#include "vm/vm_config.h"

namespace kvmtest {

namespace {

// "guest_command" of guest_command_vm2: somebody meant a certain VM of this test, and not just
// whichever test reads it. Empty if the key is none of the kind.
std::string ProcedureParamOfVm(const TestSetup& setup, const std::string& key) {
  for (const std::string& vm : vm::VmNames(setup.params)) {
    std::string suffix = "_" + vm;
    if (key.size() <= suffix.size() || !key.ends_with(suffix)) continue;
    std::string stem = key.substr(0, key.size() - suffix.size());
    if (procedures::IsProcedureParam(stem)) return stem;
  }
  return "";
}

std::string WhyUnread(const TestSetup& setup, const std::string& param) {
  const procedures::Procedure& procedure = *setup.procedure;
  std::vector<std::string> read = vm::SplitWords(procedure.params);
  if (std::find(read.begin(), read.end(), param) == read.end()) {
    return fmt::format("type = {} knows no {}", procedure.type, param);
  }
  return fmt::format("type = {} reads {} of its main VM, {}", procedure.type, param,
                     vm::MainVm(setup.params));
}

}  // namespace

void TellOfUnreadParams(host::Log& log, const TestSetup& setup, bool passed) {
  for (const std::string& text : setup.params.Contradictions()) log.Note("param {}", text);
  for (const std::string& key : setup.params.Unread()) {
    if (procedures::IsProcedureParam(key)) continue;
    std::string stem = ProcedureParamOfVm(setup, key);
    if (!stem.empty() && !setup.procedure->reads_all_params) {
      // A test that failed may not have come to it.
      if (passed) log.Note("param {}: nobody reads it: {}", key, WhyUnread(setup, stem));
      continue;
    }
    std::string value = setup.params.Get(key);
    const vm::ForeignParam* foreign = vm::FindForeignParam(key);
    if (foreign == nullptr) {
      if (!setup.procedure->reads_all_params) log.Info("param {} is known to nobody here", key);
    } else if (!foreign->missed || value.empty() || value == "no") {
      log.Info("param {} is not needed: {}", key, foreign->instead);
    } else {
      log.Note("param {} is not supported: {}", key, foreign->instead);
    }
  }
}

}  // namespace kvmtest
