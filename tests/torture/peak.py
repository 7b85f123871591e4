"""Runs a command and writes the peak of its resident memory, in KiB, to a file.

    peak.py FILE COMMAND...

A process of its own: what a child begins with counts for its peak, and this one is small. Ends with
the command's exit code.
"""

import os
import sys

child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w", encoding="ascii") as file:
    file.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) % 256)
