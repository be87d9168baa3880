"""What a benchmark was measured on."""
import os
import pathlib
import platform
import re


def machine():
    """In a line."""
    cpu = re.search(r"model name\s*:\s*(.+)", pathlib.Path("/proc/cpuinfo").read_text())
    release = re.search(r'PRETTY_NAME="?([^"\n]+)', pathlib.Path("/etc/os-release").read_text())
    return f"{os.cpu_count()} cores of {cpu[1].strip() if cpu else platform.machine()}, {release[1] if release else platform.system()}"
