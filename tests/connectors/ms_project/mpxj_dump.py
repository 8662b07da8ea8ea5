"""What MPXJ reads in plans, field by field, as JSON. A program of its own: a process can start one JVM, once.

python mpxj_dump.py FOLDER      # reads FOLDER/*.xml, writes FOLDER/*.json
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(folder: Path) -> None:
    import jpype
    import mpxj  # noqa: F401 - puts its archives on the class path

    jpype.startJVM("-Xmx512m", "-XX:+UseSerialGC")
    from org.mpxj.json import JsonWriter
    from org.mpxj.reader import UniversalProjectReader

    for path in sorted(folder.glob("*.xml")):
        project = UniversalProjectReader().read(str(path))
        writer = JsonWriter()
        writer.setPretty(True)
        writer.write(project, str(path.with_suffix(".json")))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
