#include "procedures/procedure.h"

namespace kvmtest::procedures {

const std::vector<Procedure>& Procedures() {
  static const auto* table = new std::vector<Procedure>{
      {"boot", Boot, CheckBoot},
      {"reboot", Reboot, CheckReboot},
      {"shutdown", Shutdown, CheckShutdown},
  };
  return *table;
}

const Procedure* FindProcedure(const std::string& type) {
  for (const Procedure& procedure : Procedures()) {
    if (type == procedure.type) return &procedure;
  }
  return nullptr;
}

}  // namespace kvmtest::procedures
