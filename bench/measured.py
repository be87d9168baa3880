"""What stands beside every number: when, where and by what it was measured."""
import datetime
import pathlib
import re
import subprocess

from machine import machine


def version_of(program):
    """'deadheat 0.1.0'."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()
    return f"{pathlib.Path(program).name} {told[-1]}"


def record(command, program, minutes):
    return {"command": command, "date": datetime.date.today().isoformat(), "machine": machine(), "tool": version_of(program),
            "minutes": round(minutes, 1)}


def sentence(record_of):
    return "`{command}` on {date}: {machine}, {tool}, {minutes:.0f} minutes.".format(**record_of)


def with_parts(document, name, parts, values):
    """The document with what stands between `<!-- NAME: PART... -->` and `<!-- end of NAME -->` written anew by that part."""
    def write(match):
        return f"{match[1]}\n{parts[match[2]](values)}\n{match[4]}"

    return re.sub(rf"(<!-- {name}: (\w+)[^>]*-->)\n(.*?)\n?(<!-- end of {name} -->)", write, document, flags=re.DOTALL)


def stale(document, name, parts, values):
    """What is wrong with a document that these results are in: nothing, if all is well."""
    text = document.read_text()
    for part in parts:
        if f"<!-- {name}: {part}" not in text:
            yield f"{document.name} has no part <!-- {name}: {part} -->"
    if text != with_parts(text, name, parts, values):
        yield f"{document.name} does not say what bench/results/{name}.json says; run bench/{name} --render"
