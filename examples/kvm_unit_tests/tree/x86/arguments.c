// Shows that every byte of the arguments arrives: prints them between angle brackets, control
// characters and bytes beyond ASCII as \xHH.
#include "../lib/kut.h"

void test(const char* arguments) {
  print("arguments <");
  for (const char* at = arguments; *at; ++at) {
    uint8_t byte = (uint8_t)*at;
    char text[5] = {*at, '\0'};
    if (byte < 0x20 || byte > 0x7e) {
      const char* digits = "0123456789abcdef";
      text[0] = '\\';
      text[1] = 'x';
      text[2] = digits[byte >> 4];
      text[3] = digits[byte & 15];
      text[4] = '\0';
    }
    print(text);
  }
  print(">\n");
  report(*arguments != '\0', "there are arguments");
}
