#!/usr/bin/env python3
"""Writes generator/language/decimal_zeros.inc (with the same Python as alnum_ranges.py)."""
import unicodedata

zeros = [c for c in range(0x80, 0x110000) if chr(c).isdecimal() and int(chr(c)) == 0]
decimals = [c for c in range(0x80, 0x110000) if chr(c).isdecimal()]
assert decimals == [zero + digit for zero in zeros for digit in range(10)]

print(f"// Written by tests/unit/language/decimal_zeros.py with Python 3.11 (Unicode {unicodedata.unidata_version}).")
print("// The zeros beyond ASCII; the other nine digits of each script follow them.")
for begin in range(0, len(zeros), 10):
    print(" ".join("0x%x," % zero for zero in zeros[begin:begin + 10]))
