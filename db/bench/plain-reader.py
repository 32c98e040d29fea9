"""The baseline of `import`: a plain reader of a recording by Binance's collector, which parses every line and applies every
diff to two dictionaries, and does nothing else. Prints seconds of CPU, the median of five.

    python3 db/bench/plain-reader.py RECORDING.gz
"""

import gzip
import json
import statistics
import sys
import time


def read(path: str) -> int:
    bids: dict[float, float] = {}
    asks: dict[float, float] = {}
    diffs = 0
    with gzip.open(path, "rt") as lines:
        for line in lines:
            frame = json.loads(line[line.index(" ") :])
            frame = frame.get("data", frame)
            kind = frame.get("e")
            if kind == "depthUpdate":
                for side, levels in ((bids, frame["b"]), (asks, frame["a"])):
                    for price, size in levels:
                        if float(size) == 0:
                            side.pop(float(price), None)
                        else:
                            side[float(price)] = float(size)
                diffs += 1
            elif kind == "trade":
                float(frame["p"]), float(frame["q"])
            elif "B" in frame:
                float(frame["b"]), float(frame["a"])
    return diffs


def measured(path: str) -> float:
    start = time.process_time()
    read(path)
    return time.process_time() - start


print(f"{statistics.median(measured(sys.argv[1]) for _ in range(5)):.3f}")
