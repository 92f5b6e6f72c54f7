"""Runs a command, and prints what it took as a line of JSON: seconds, seconds of the processor, and the most memory in MiB.

Exits with the command's status. Memory is counted from what this process itself has when it starts the command, 10 MiB.
"""

import json
import os
import sys
import time

begun = time.monotonic()
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, 2, 1)])
_, status, usage = os.wait4(process, 0)
took = {
    "s": time.monotonic() - begun,
    "cpu_s": usage.ru_utime + usage.ru_stime,
    "peak_mib": usage.ru_maxrss / 1024,
}
print(json.dumps(took))
sys.exit(os.waitstatus_to_exitcode(status))
