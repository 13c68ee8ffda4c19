// How much may be looked at before a search gives up.
#ifndef KVMTEST_LANGUAGE_WORK_H_
#define KVMTEST_LANGUAGE_WORK_H_

#include <cstddef>

namespace kvmtest::language {

class Work {
 public:
  explicit Work(size_t left) : left_(left) {}

  // False from the first time on that there is not so much left.
  bool Spend(size_t work) {
    if (left_ < work) return GiveUp();
    left_ -= work;
    return !gave_up_;
  }
  bool GiveUp() {
    gave_up_ = true;
    return false;
  }
  bool gave_up() const { return gave_up_; }

 private:
  size_t left_;
  bool gave_up_ = false;
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_WORK_H_
