#ifndef KVMTEST_PROCEDURES_SCRIPT_H_
#define KVMTEST_PROCEDURES_SCRIPT_H_

#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

namespace kvmtest::procedures {

// One step of a QMP script.
//
//   {"execute": "stop"}                        a command, which must succeed
//   expect {"status": "paused"}                what the last answer must hold
//   error "not found"                          instead: the command must fail, saying this
//   event STOP                                 must have come since the script began, or comes
//   event JOB_STATUS_CHANGE {"status": "null"} with these data
//   wait 0.5                                   seconds
//   # a comment to the end of the line
//
// White space separates; lines mean nothing, so that a script can be a param's value.
struct ScriptStep {
  enum Kind { kCommand, kExpect, kError, kEvent, kWait } kind = kCommand;
  int line = 0;
  nlohmann::json json;  // the command; what is expected; an event's data or null
  std::string text;     // an event's name, an error's text
  double seconds = 0;
};

// Text for people: "LINE: what is wrong".
std::variant<std::vector<ScriptStep>, std::string> ParseScript(const std::string& text);

// Whether `found` holds all of `expected`: members of objects, elements of lists in their places.
bool Holds(const nlohmann::json& found, const nlohmann::json& expected);

}  // namespace kvmtest::procedures

#endif  // KVMTEST_PROCEDURES_SCRIPT_H_
