// How many dicts a program of the 2009 dialect yields, without making them: dicts whose names look
// alike to all filters still to come are one class, and are counted together.
#ifndef KVMTEST_LANGUAGE_COUNT_2009_H_
#define KVMTEST_LANGUAGE_COUNT_2009_H_

#include <cstdint>
#include <optional>

#include "language/config_impl.h"

namespace kvmtest::language {

// UINT64_MAX stands for that many or more. None if that takes more than `work` (bytes of labels and
// filters of classes looked at), or if names are assigned, or filters not understood.
std::optional<uint64_t> CountByClasses2009(const ConfigImpl& config, size_t work);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_COUNT_2009_H_
