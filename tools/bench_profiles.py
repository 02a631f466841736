"""Measure all profiles in one run against the same template run by papermill, once for each municipality.

Works in a copy of the project in a temporary folder. Both are measured ROUNDS times in turn; of each the shortest time
counts. papermill is given a process that has already imported it. Ends with status 1 if the limit is broken.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bench import ROOT, danish, run, timed

ROUNDS = 2
LIMIT = 0.1
ONE = """
import json, time, papermill
from civsam import register
from civsam.profiles.run import TEMPLATE
took = []
for code in (101, 461):
    started = time.perf_counter()
    papermill.execute_notebook(str(TEMPLATE), None, {"efter": "kommune", "gruppe": str(code)}, kernel_name="python3",
                               progress_bar=False)
    took.append(time.perf_counter() - started)
print(json.dumps([min(took), len(register.municipalities())]))
"""


def main() -> int:
    """Measure, and print the ratio with its limit."""
    alone, together = [], []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "projekt"
        shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "_build", "__pycache__"))
        for number in range(1, ROUNDS + 1):
            print(f"Runde {number} af {ROUNDS}", flush=True)
            one, count = json.loads(run(project, sys.executable, "-c", ONE).splitlines()[-1])
            print(f"  {'skabelonen kørt én gang med papermill':<46}{danish(one, 1):>7} s", flush=True)
            alone.append(one)
            together.append(timed(f"civsam profiles, alle {count}", project, sys.executable, "-m", "civsam.cli",
                                  "profiles", "--by", "kommune"))
    ratio = min(together) / (count * min(alone))
    print(f"\n{os.cpu_count()} kerner. {count} profiler på {danish(min(together), 1)} s; {count} kørsler med papermill "
          f"ville tage {danish(count * min(alone), 0)} s.")
    print(f"  {'alle profiler, mod papermill':<38} {danish(ratio, 3)} (højst {danish(LIMIT, 1)}) "
          f"{'ok' if ratio <= LIMIT else 'for langsomt'}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
