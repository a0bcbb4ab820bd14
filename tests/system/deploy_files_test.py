"""What deploy/ ships is accepted by the programs that read it: units by systemd, configurations by ours."""
import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
BIN = Path(os.environ["CELL0_BIN"])
UNITS = DEPLOY / "systemd"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.skipif(os.geteuid() != 0 and not Path("/run/systemd").exists(),
                    reason="systemd-analyze wants to make /run/systemd, which only root may")
def test_systemd_accepts_the_units(tmp_path):
    for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.target")]:
        text = unit.read_text().replace("/usr/local/bin/cell0-emit-%i", str(BIN / "cell0-emit-log"))
        (tmp_path / unit.name).write_text(text.replace("/usr/local/bin", str(BIN)))
    for drop_ins in UNITS.glob("*.d"):
        shutil.copytree(drop_ins, tmp_path / drop_ins.name)
    names = ["cell0-broker.service", "cell0-gateway@0.service", "cell0.target", "cell0-daemons.service",
             "cell0-orchestrator.service",
             *(f"cell0-emitter@{kind}.service" for kind in ("system", "log", "kernel"))]
    for template in ("cell0-gateway@", "cell0-emitter@"):
        for name in names:
            if name.startswith(template):
                shutil.copy(tmp_path / f"{template}.service", tmp_path / name)
    verified = subprocess.run(["systemd-analyze", "verify", "--man=no", *(tmp_path / n for n in names)],
                              capture_output=True, text=True, env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    ours = [line for line in verified.stderr.splitlines() if "cell0" in line]
    assert not ours and verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("config", sorted((DEPLOY / "config").glob("*.toml")), ids=lambda path: path.name)
@pytest.mark.parametrize("program", ["cell0-broker", "cell0-gateway", "cell0-emit-log", "cell0-daemons", "cell0-orchestrator"])
def test_example_configurations_are_valid(program, config):
    checked = subprocess.run([BIN / program, "--config", config, "--check-config"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("script", sorted([*DEPLOY.rglob("*.sh"), DEPLOY.parent / "tests/run.sh"]),
                         ids=lambda path: path.name)
def test_scripts_parse(script):
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize("script", ["up.sh", "down.sh", "systemd/install.sh"])
def test_scripts_explain_themselves_and_refuse_what_they_do_not_know(script):
    told = subprocess.run([DEPLOY / script, "--help"], capture_output=True, text=True, check=True)
    assert script.split("/")[-1] in told.stdout
    refused = subprocess.run([DEPLOY / script, "--bogus"], capture_output=True, text=True)
    assert refused.returncode == 2
    assert "--bogus" in refused.stderr
