"""Starts a program and reports its seconds, its peak memory in KB and its exit code.

Arguments: a file descriptor for the report, seconds after which the program is killed (0: never),
and the program's words. The kernel's ru_maxrss of a process can't be below that of the one that it
was forked from, so programs are started by this small one and not by a program that has read a lot.
"""

import os
import signal
import sys
import time


def main():
    report, limit, *command = sys.argv[1:]
    os.set_inheritable(int(report), False)
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, float(limit))
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    os.write(int(report), f"{seconds} {usage.ru_maxrss} {code}".encode())


if __name__ == "__main__":
    main()
