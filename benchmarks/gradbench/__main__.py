"""The tool: GradBench's messages come on standard input, one in a line, and are answered on standard output.

python -m benchmarks.gradbench
"""

import json
import os
import sys

from .tool import answer

if __name__ == "__main__":
    if "--multithreaded" not in sys.argv[1:] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
