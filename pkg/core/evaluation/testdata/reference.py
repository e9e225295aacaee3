# Copyright 2026 The Vertextune Authors
# SPDX-License-Identifier: Apache-2.0
"""A second implementation of the metrics of package evaluation, by the definitions in README.md.

It needs the standard library alone. It reads one JSON object from standard input:

    {"pairs": [{"right": {...}, "answer": {...}}],
     "intervals": [{"seed": "1", "differences": [...]}],
     "rates": [{"wins": 1, "all": 2}]}

and writes {"pairs": [scores], "intervals": [{low, high, detectable}], "rates": [{share, low, high}]}.
"""

import json
import statistics
import sys
import unicodedata
from collections import Counter

SPACELESS = [
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3005, 0x3007), (0x3040, 0x30FF),
    (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF),
]


def fold(text):
    lower = (c.lower()[0] for c in unicodedata.normalize("NFKC", text))
    return "".join("σ" if c == "ς" else c for c in lower)


def normalize(text):
    text = " ".join(fold(text).split())

    def wraps(c):
        return c.isspace() or c in "\"'*`" or unicodedata.category(c) in ("Ps", "Pe", "Pi", "Pf")

    start, end = 0, len(text)
    while start < end and (wraps(text[start]) or text[start] in "¿¡"):
        start += 1
    while end > start and (wraps(text[end - 1]) or text[end - 1] in ".,;:!?。、؟،؛۔।॥"):
        end -= 1
    return text[start:end] or text


def tokens(text):
    result, run = [], ""
    for c in fold(text) + "\n":
        kind = unicodedata.category(c)[0]
        alone = any(low <= ord(c) <= high for low, high in SPACELESS)
        if kind in "LMN" and not alone:
            run += c
            continue
        if run:
            result.append(run)
        run = ""
        if kind in "LMNS":
            result.append(c)
    return result


def f1(common, a, b):
    return 2 * common / (a + b) if a + b else 1.0


def rouge_l(right, answer):
    a, b = tokens(right), tokens(answer)
    if not a:
        return None
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a, 1):
        for j, y in enumerate(b, 1):
            if x == y:
                table[i][j] = table[i - 1][j - 1] + 1
            else:
                table[i][j] = max(table[i - 1][j], table[i][j - 1])
    return f1(table[-1][-1], len(a), len(b))


def chrf(right, answer):
    a, b = "".join(right.split()), "".join(answer.split())
    if not a:
        return None
    precisions, recalls = [], []
    for n in range(1, 7):
        x = Counter(a[i:i + n] for i in range(len(a) - n + 1))
        y = Counter(b[i:i + n] for i in range(len(b) - n + 1))
        if x and y:
            common = (x & y).total()
            precisions.append(common / y.total())
            recalls.append(common / x.total())
    if not sum(precisions) + sum(recalls):
        return 0.0
    p, r = statistics.fmean(precisions), statistics.fmean(recalls)
    return 5 * p * r / (4 * p + r)


def refuse(constant):
    raise ValueError(constant)


def json_object(text):
    try:
        value = json.loads(text.strip(), parse_int=float, parse_constant=refuse)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def unfence(text):
    lines = text.strip().split("\n")
    if len(lines) > 1 and lines[0].startswith("```") and lines[-1].endswith("```"):
        return "\n".join(lines[1:])[:-3], True
    return text, False


def keys(value, at=()):
    if isinstance(value, dict):
        for name, member in value.items():
            yield at + (("member", name),)
            yield from keys(member, at + (("member", name),))
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, at + (("element",),))


def leaves(value, at=()):
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, at + (("member", name),))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from leaves(item, at + (("element", i),))
    else:
        yield at, type(value).__name__, json.dumps(value + 0.0 if isinstance(value, float) else value)


def compare_values(a, b):
    x, y = set(leaves(a)), set(leaves(b))
    return f1(len(x & y), len(x), len(y))


def compare_keys(a, b):
    x, y = set(keys(a)), set(keys(b))
    return f1(len(x & y), len(x), len(y))


def call_names(right, answer):
    x, y = Counter(c["name"] for c in right), Counter(c["name"] for c in answer)
    return f1((x & y).total(), len(right), len(answer))


def call_arguments(right, answer):
    pairs = [
        (-compare_values(a.get("args") or {}, b.get("args") or {}), i, j)
        for i, a in enumerate(right) for j, b in enumerate(answer) if a["name"] == b["name"]
    ]
    total, used_right, used_answer = 0.0, set(), set()
    for score, i, j in sorted(pairs):
        if i not in used_right and j not in used_answer:
            used_right.add(i)
            used_answer.add(j)
            total -= score
    return f1(total, len(right), len(answer))


def score(right, answer):
    text, calls = answer.get("text", ""), answer.get("calls") or []
    is_wrong = answer.get("finish_reason", "") not in ("", "STOP", "FINISH_REASON_UNSPECIFIED")
    if right.get("calls"):
        calls = [] if is_wrong else calls
        return {
            "call_names": call_names(right["calls"], calls),
            "call_arguments": call_arguments(right["calls"], calls),
        }
    want = right["text"]
    scores = {"length_ratio": len(text) / len(want)}
    if is_wrong or calls or not text.strip():
        text = ""
    scores["exact_match"] = float(want == text)
    scores["normalized_match"] = float(normalize(want) == normalize(text))
    scores["rouge_l"] = rouge_l(want, text)
    scores["chrf"] = chrf(want, text)
    inside, is_fenced = unfence(want)
    a = json_object(inside)
    if a is not None:
        inside, has_fence = unfence(text)
        b = json_object(inside)
        scores["json_valid"] = float(b is not None and (is_fenced or not has_fence))
        scores["json_keys"] = 0.0 if b is None else compare_keys(a, b)
        scores["json_values"] = 0.0 if b is None else compare_values(a, b)
    return {name: value for name, value in scores.items() if value is not None}


def split_mix(state):
    mask = 2**64 - 1
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        yield z ^ (z >> 31)


def interval(seed, differences):
    n, numbers = len(differences), split_mix(seed)
    means = sorted(
        sum(differences[(next(numbers) >> 32) * n >> 32] for _ in range(n)) / n
        for _ in range(10_000)
    )
    error = statistics.stdev(differences) / n**0.5
    return {"low": means[250], "high": means[-251], "detectable": min(max(2.8 * error, 3 / n), 1)}


def rate(wins, count):
    """The ends of Wilson's interval are the roots of (p - share)^2 = z^2 p (1 - p) / count."""
    z = statistics.NormalDist().inv_cdf(0.975)
    share = wins / count
    a, b, c = 1 + z * z / count, -2 * share - z * z / count, share * share
    root = (b * b - 4 * a * c) ** 0.5
    return {"share": share, "low": (-b - root) / (2 * a), "high": (-b + root) / (2 * a)}


def main():
    task = json.load(sys.stdin, parse_int=float)
    json.dump({
        "pairs": [score(p["right"], p["answer"]) for p in task["pairs"]],
        "intervals": [interval(int(t["seed"]), t["differences"]) for t in task["intervals"]],
        "rates": [rate(t["wins"], t["all"]) for t in task["rates"]],
    }, sys.stdout)


if __name__ == "__main__":
    main()
