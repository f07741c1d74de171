"""Runs a command under a seccomp profile in the format of container runtimes.

usage: filtered.py PROFILE ARGUMENT... What the profile does not allow kills the process, whatever
its default action says: an error that the program survives would not be seen.
"""

import errno
import json
import os
import sys

import seccomp

OPERATORS = {
    "SCMP_CMP_EQ": seccomp.EQ,
    "SCMP_CMP_NE": seccomp.NE,
    "SCMP_CMP_MASKED_EQ": seccomp.MASKED_EQ,
}


def condition(row):
    if row["op"] == "SCMP_CMP_MASKED_EQ":
        return seccomp.Arg(row["index"], seccomp.MASKED_EQ, row["value"], row.get("valueTwo", 0))
    return seccomp.Arg(row["index"], OPERATORS[row["op"]], row["value"])


def action(row):
    if row["action"] == "SCMP_ACT_ALLOW":
        return seccomp.ALLOW
    return seccomp.ERRNO(row.get("errnoRet", errno.EPERM))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        profile = json.load(file)
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO", profile["defaultAction"]
    rules = seccomp.SyscallFilter(seccomp.KILL_PROCESS)
    for row in profile["syscalls"]:
        for name in row["names"]:
            try:
                rules.add_rule(action(row), name, *map(condition, row.get("args", [])))
            except (RuntimeError, OSError, ValueError) as error:
                # A list of another program's has calls of other machines and kernels.
                if not row.get("mayBeUnknown"):
                    sys.exit(f"{name}: {error}")
    rules.load()
    os.execvp(sys.argv[2], sys.argv[2:])


main()
