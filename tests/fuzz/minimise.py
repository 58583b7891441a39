#!/usr/bin/env python3
"""Makes the corpus of a fuzz target that is kept in the repository: few files, many edges.

minimise.py PROGRAM CORPUS FOUND... replaces what is in CORPUS by a choice from CORPUS and the
folders FOUND. libFuzzer's merge says which edges each input reaches; of those inputs the one
that reaches the most new edges for its share of the budget is taken next, until that is used up.
Files with a name of words, not of digits, were findings once and stay.
"""
import hashlib
import pathlib
import re
import subprocess
import sys
import tempfile

FILES = 60
BYTES = 100_000


def edges_of_each(program, folders):
    """[(path, size, edges)] of all inputs, as the control file of a merge lists them."""
    with tempfile.TemporaryDirectory() as scratch:
        control = pathlib.Path(scratch, "control")
        pathlib.Path(scratch, "out").mkdir()
        subprocess.run([program, "-set_cover_merge=1", "-use_counters=0",
                        f"-merge_control_file={control}",
                        f"{scratch}/out", *folders], check=True, capture_output=True)
        lines = control.read_text().splitlines()
    count = int(lines[0])
    first = 2  # the number of inputs, and of those that were in `out`
    names = lines[first:first + count]
    inputs = {}
    for line in lines[first + count:]:
        if reached := re.match(r"FT (\d+)((?: \d+)*)$", line):
            inputs[int(reached[1])] = frozenset(reached[2].split())
    return [(path := pathlib.Path(names[i]), path.stat().st_size, edges)
            for i, edges in inputs.items()]


def is_hash(name):
    return re.fullmatch(r"[0-9a-f]{12}\.bin", name) is not None


def choose(inputs, findings):
    chosen = [(path, size, edges) for path, size, edges in inputs if path in findings]
    seen = frozenset().union(*(edges for _, _, edges in chosen))
    room = BYTES - sum(size for _, size, _ in chosen)
    while len(chosen) < FILES:
        fitting = [(len(edges - seen) / max(1 / FILES, size / BYTES), -size, path, edges)
                   for path, size, edges in inputs if size <= room and edges - seen]
        if not fitting:
            break
        _, size, path, edges = max(fitting, key=lambda f: (f[0], f[1], f[2].name))
        chosen.append((path, -size, edges))
        seen |= edges
        room += size
    return [path for path, _, _ in chosen], len(seen)


def main():
    program, corpus, *found = sys.argv[1:]
    corpus = pathlib.Path(corpus)
    corpus.mkdir(parents=True, exist_ok=True)
    inputs = edges_of_each(program, [corpus, *found])
    findings = {path for path in corpus.iterdir() if not is_hash(path.name)}
    chosen, edges = choose(inputs, findings)
    kept = [path.read_bytes() for path in chosen if path not in findings]
    for old in corpus.iterdir():
        if old not in findings:
            old.unlink()
    for text in kept:
        (corpus / f"{hashlib.sha1(text).hexdigest()[:12]}.bin").write_bytes(text)
    total = len(frozenset().union(*(e for _, _, e in inputs)))
    print(f"{corpus.name}: {len(chosen)} of {len(inputs)} files, {sum(p.stat().st_size for p in corpus.iterdir())} bytes, "
          f"{edges} of {total} edges")


if __name__ == "__main__":
    main()
