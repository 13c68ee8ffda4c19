#include <algorithm>

#include "procedures/procedure.h"

namespace kvmtest::procedures {

const std::vector<const Procedure*>& Procedures() {
  static const auto* table = new std::vector<const Procedure*>{
      &kBalloon,
      &kBlockBackup,
      &kBlockHotplug,
      &kBlockMirror,
      &kBlockSnapshot,
      &kBoot,
      &kCpuHotplug,
      &kDumpGuestMemory,
      &kExternal,
      &kGuestCommand,
      &kImageIo,
      &kKvmUnitTest,
      &kMemoryHotplug,
      &kMigration,
      &kNicHotplug,
      &kPanic,
      &kPhysicalResourcesCheck,
      &kPing,
      &kQemuImg,
      &kQmpScript,
      &kReboot,
      &kRng,
      &kSaveRestore,
      &kShutdown,
      &kStopContinue,
      &kStressBoot,
      &kTimeDrift,
      &kVirtioConsole,
      &kWatchdog,
  };
  return *table;
}

const Procedure* FindProcedure(const std::string& type) {
  for (const Procedure* procedure : Procedures()) {
    if (type == procedure->type) return procedure;
  }
  return nullptr;
}

bool IsProcedureParam(std::string_view key) {
  return std::any_of(Procedures().begin(), Procedures().end(), [key](const Procedure* procedure) {
    std::vector<std::string> words = vm::SplitWords(procedure->params);
    return std::find(words.begin(), words.end(), key) != words.end();
  });
}

}  // namespace kvmtest::procedures
