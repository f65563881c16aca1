#!/usr/bin/env python3
"""Replays the history of a repository: how often would each image's key have been one that was there before?

Checks out every commit into one directory, as an agent does, and has docker-cache compute the key of each image with
`key-inputs: context` and `key-inputs: copied`. Each image is looked up once per commit. It hits if an earlier commit of
the replay gave the same key. A key over the commit, for comparison, never hits.

Prints rows of a Markdown table on standard output, then the reasons for keys over the whole context and their images.
"""

import argparse
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", help="a git repository, bare or not")
    parser.add_argument("--binary", required=True, help="the docker-cache to measure")
    parser.add_argument("--commits", type=int, default=300, help="how many of the last commits (default: 300)")
    parser.add_argument("--name", help="what to call the repository (default: the directory's name)")
    return parser.parse_args()


class History:
    """The first-parent history of a repository, checked out commit by commit into one directory."""

    def __init__(self, repository, directory):
        self.directory = directory
        self.environment = dict(
            os.environ,
            GIT_DIR=self._git_directory(repository),
            GIT_WORK_TREE=str(directory),
            GIT_INDEX_FILE=str(directory) + ".index",
        )

    @staticmethod
    def _git_directory(repository):
        answer = subprocess.run(
            ["git", "-C", repository, "rev-parse", "--absolute-git-dir"], capture_output=True, text=True
        )
        if answer.returncode != 0:
            sys.exit(f"replay: {repository} is not a git repository: {answer.stderr.strip()}")
        return answer.stdout.strip()

    def git(self, *arguments):
        answer = subprocess.run(
            ["git", *arguments], env=self.environment, cwd=self.directory, capture_output=True, text=True
        )
        if answer.returncode != 0:
            sys.exit(f"replay: git {' '.join(arguments)}: {answer.stderr.strip()}")
        return answer.stdout

    def commits(self, count):
        """The last `count` commits, the oldest first."""
        return self.git("rev-list", "--first-parent", f"--max-count={count}", "HEAD").split()[::-1]

    def check_out(self, commit):
        self.git("read-tree", "--reset", "-u", commit)

    def dockerfiles(self):
        """The paths of the Dockerfiles that are checked out."""
        names = self.git("ls-files", "-z").split("\0")
        return sorted(name for name in names if is_dockerfile(name.rsplit("/", 1)[-1]))


def is_dockerfile(name):
    lowered = name.lower()
    return not lowered.endswith(".dockerignore") and (
        lowered == "dockerfile" or lowered.startswith("dockerfile.") or lowered.endswith(".dockerfile")
    )


class Keys:
    """Computes keys, without a docker and without a network: no registry is asked for base images."""

    def __init__(self, binary, directory, index):
        self.binary = binary
        self.directory = directory
        self.index = index
        # Without docker on the PATH, docker-cache assumes BuildKit.
        self.environment = {"PATH": "/nonexistent", "HOME": str(index.parent)}

    def compute(self, dockerfile, context, inputs):
        """The report of `docker-cache key`, and how many milliseconds it took; None if it failed."""
        command = [self.binary, "key", "--format", "json", "--index", str(self.index), "--context", context]
        command += ["--dockerfile", dockerfile, "--key-inputs", inputs, "--explain"]
        start = time.perf_counter()
        answer = subprocess.run(command, env=self.environment, cwd=self.directory, capture_output=True, text=True)
        elapsed = (time.perf_counter() - start) * 1000
        if answer.returncode != 0:
            return None, elapsed
        return json.loads(answer.stdout), elapsed

    def context(self, dockerfile):
        """The context that the sources of a Dockerfile are meant for: its own directory, or the root."""
        own = os.path.dirname(dockerfile) or "."
        found = {}
        for context in dict.fromkeys([own, "."]):
            report, _ = self.compute(dockerfile, context, "copied")
            stages = report["explanation"]["stages"] if report else []
            sources = [s for stage in stages for i in stage["instructions"] for s in i["sources"]]
            found[context] = sum(1 if source["matches"] else -1 for source in sources)
        return max(found, key=lambda context: found[context])


class Tally:
    def __init__(self):
        self.lookups = 0
        self.hits = 0
        self.seen = collections.defaultdict(set)
        self.milliseconds = []

    def add(self, image, key, elapsed):
        self.milliseconds.append(elapsed)
        # The first lookup has nothing to hit.
        if self.seen[image]:
            self.lookups += 1
            self.hits += key in self.seen[image]
        self.seen[image].add(key)

    @property
    def rate(self):
        return f"{100 * self.hits / self.lookups:.0f}%" if self.lookups else "none"

    @property
    def median(self):
        return f"{statistics.median(self.milliseconds):.1f}" if self.milliseconds else "none"


def replay(arguments, directory):
    tree = directory / "tree"
    tree.mkdir()
    history = History(arguments.repository, tree)
    keys = Keys(arguments.binary, tree, directory / "index.db")
    tallies = {"context": Tally(), "copied": Tally()}
    fallbacks = collections.defaultdict(collections.Counter)
    contexts = {}
    failed = 0
    commits = history.commits(arguments.commits)
    for number, commit in enumerate(commits, 1):
        history.check_out(commit)
        for dockerfile in history.dockerfiles():
            if dockerfile not in contexts:
                contexts[dockerfile] = keys.context(dockerfile)
            for inputs, tally in tallies.items():
                report, elapsed = keys.compute(dockerfile, contexts[dockerfile], inputs)
                if report is None:
                    failed += 1
                    continue
                tally.add(dockerfile, report["key"], elapsed)
                if inputs == "copied":
                    for reason in report["explanation"]["reasons"]:
                        fallbacks[reason][dockerfile] += 1
        if number % 20 == 0 or number == len(commits):
            print(f"replay: {number} of {len(commits)} commits", file=sys.stderr)
    return len(commits), len(contexts), tallies, fallbacks, failed


def name_of(repository):
    """The last part of the path that says something."""
    parts = [part.removesuffix(".git") for part in pathlib.Path(repository).resolve().parts]
    return next((part for part in reversed(parts) if part not in ("", "repo", "/")), repository)


def main():
    arguments = parse_arguments()
    arguments.binary = os.path.abspath(arguments.binary)
    with tempfile.TemporaryDirectory(prefix="docker-cache-replay.") as directory:
        commits, images, tallies, fallbacks, failed = replay(arguments, pathlib.Path(directory))
    name = arguments.name or name_of(arguments.repository)
    context, copied = tallies["context"], tallies["copied"]
    print(
        f"| {name} | {images} | {commits} | {copied.lookups} | 0% | {context.rate} | {copied.rate} "
        f"| {context.median} | {copied.median} | {sum(sum(c.values()) for c in fallbacks.values())} |"
    )
    print()
    for reason, counts in sorted(fallbacks.items(), key=lambda item: -sum(item[1].values())):
        shown = ", ".join(sorted(counts)[:3]) + (f" and {len(counts) - 3} more" if len(counts) > 3 else "")
        print(f"- {sum(counts.values())} keys over the whole context, because of the Dockerfile: {reason} ({shown})")
    if failed:
        print(f"- {failed} keys could not be computed, mostly because a context or an ignore file was not in order")


if __name__ == "__main__":
    main()
