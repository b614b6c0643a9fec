"""PyAV and decord in `npm run bench:video`: one JSON request a line in, one reply out (child.ts speaks to it).

Each is written as a careful user would write it for these jobs: the file's frames by number, as RGB in numpy, on as many
threads as our side has. `variant` is {"library": "pyav" | "decord", "keep": whether the file stays open between runs}.
"""
import json
import re
import sys
import time
from pathlib import Path

import numpy as np

LONGEST_ROUND = 10  # turns.ts
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


class PyAv:
    """Seeks to the key frame before each frame, unless decoding on is shorter; frames are numbered by their times."""

    def __init__(self, file, size, threads):
        import av

        self.size = size
        self.container = av.open(file)
        self.stream = self.container.streams.video[0]
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.thread_count = threads
        self.tick = 1 / (self.stream.average_rate * self.stream.time_base)
        self.frames = None
        self.reached = None

    def read(self, numbers):
        """0-based and ascending."""
        return np.stack([self.picture(self.at(round(n * self.tick) + (self.stream.start_time or 0))) for n in numbers])

    def at(self, pts):
        frame = self.reached
        # Further than a usual group of pictures: there is a key frame between.
        if frame is None or frame.pts > pts or pts - frame.pts > 250 * self.tick:
            self.container.seek(pts, stream=self.stream)
            self.frames = self.container.decode(self.stream)
            frame = next(self.frames)
        while frame.pts < pts:
            frame = next(self.frames)
        self.reached = frame
        return frame

    def picture(self, frame):
        if self.size is None:
            return frame.to_ndarray(format="rgb24")
        return frame.to_ndarray(format="rgb24", interpolation="BILINEAR", **self.size)

    def close(self):
        self.container.close()


class Decord:
    """get_batch seeks, decodes and scales by itself."""

    def __init__(self, file, size, threads):
        import decord

        self.reader = decord.VideoReader(file, ctx=decord.cpu(0), num_threads=threads, **(size or {}))

    def read(self, numbers):
        return self.reader.get_batch(numbers).asnumpy()

    def close(self):
        pass


class Side:
    def __init__(self, scenario, variant, threads):
        self.scenario, self.variant, self.threads = scenario, variant, threads
        size = scenario["size"]
        self.size = size and {"width": size["widthPx"], "height": size["heightPx"]}
        self.kept = None

    def run(self, k):
        files, sets = self.scenario["files"], self.scenario["sets"]
        numbers = [index - 1 for index in sets[k % len(sets)]]
        if self.kept is not None:
            return self.kept.read(numbers)
        library = {"pyav": PyAv, "decord": Decord}[self.variant["library"]]
        video = library(files[k % len(files)], self.size, self.threads)
        pictures = video.read(numbers)
        if self.variant["keep"]:
            self.kept = video
        else:
            video.close()
        return pictures

    def close(self):
        if self.kept is not None:
            self.kept.close()


def check(pictures, file):
    pictures.tofile(file)
    frames, height, width, _ = pictures.shape
    return {"file": file, "frames": frames, "widthPx": width, "heightPx": height}


def measure(side, request):
    clock, first = CLOCKS[request["clock"]], request["round"] * LONGEST_ROUND
    if request["warmUp"]:  # the other side has had the caches
        side.run(first + LONGEST_ROUND - 1)
    ms = []
    for i in range(request["times"]):
        started = clock()
        side.run(first + i)
        ms.append((clock() - started) * 1e3)
    return ms


def answer(request, sides):
    match request["task"]:
        case "open":
            side = Side(request["scenario"], json.loads(request["variant"]), request["threads"])
            sides[request["as"]] = side
            name = re.sub(r"\W+", "-", request["as"])
            return check(side.run(0), str(Path(request["scenario"]["scratch"]) / f"{name}.rgb"))
        case "measure":
            return measure(sides[request["name"]], request)
        case "close":
            sides.pop(request["name"]).close()
            return None
        case task:
            raise ValueError(f"expected open, measure or close, got {task}")


def main():
    sides = {}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = {"result": answer(request, sides)}
        except Exception as error:  # whatever it is, the parent says it
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **reply}), flush=True)


main()
