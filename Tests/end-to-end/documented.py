#!/usr/bin/env python3
"""Extracts the examples from pages of the documentation.

    documented.py OUTPUT PAGE...

Writes each block that no comment marks as not run to OUTPUT/NUMBER-PAGE-LINE with the suffix .sh or .json: the commands
of a block in `sh` or `console`, or, for each step of a block in `yaml`, this plugin's options and the step's command.
Prints the paths. Tests/DockerCacheTests/Documentation reads pages by the same rules.
"""

import json
import pathlib
import re
import sys

import yaml

FENCE = re.compile(r" {0,3}```(\w*)")


def blocks(lines):
    """Line, language and text of each block that is to be run."""
    begin = None
    for number, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and begin is None:
            begin = number
        elif fence:
            marked = begin > 0 and lines[begin - 1].startswith("<!-- not run: ")
            if not marked:
                yield begin + 1, FENCE.match(lines[begin])[1], "\n".join(lines[begin + 1 : number]) + "\n"
            begin = None


def typed(text):
    """What is typed at the prompts of a console."""
    return "".join(line[2:] + "\n" for line in text.splitlines() if line.startswith("$ "))


def steps(text):
    """What each step of a pipeline runs with this plugin; options that stand alone are those of one step."""
    document = yaml.safe_load(text)
    if "steps" not in document:
        yield {"options": document, "command": None}
        return
    for step in document["steps"]:
        for plugin in step.get("plugins", []):
            for name, options in plugin.items():
                if re.search(r"\bdocker-cache#", name):
                    yield {"options": options, "command": step.get("command")}


def main():
    output = pathlib.Path(sys.argv[1])
    count = 0
    for page in map(pathlib.Path, sys.argv[2:]):
        for line, language, text in blocks(page.read_text(encoding="utf-8").split("\n")):
            if language == "yaml":
                examples = [(".json", json.dumps(step)) for step in steps(text)]
            elif language in ("sh", "console"):
                examples = [(".sh", text if language == "sh" else typed(text))]
            else:
                examples = []
            for ending, content in examples:
                count += 1
                file = output / f"{count:02}-{page.stem}-{line}{ending}"
                file.write_text(content, encoding="utf-8")
                print(file)


if __name__ == "__main__":
    main()
