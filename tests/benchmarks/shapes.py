"""The shape calculator: from a moved slider to the redrawn panel, and the cost of absurd settings.

    python -m tests.benchmarks.shapes [--moves 200] [--browser]

Server side: the page's script through Streamlit's own AppTest, one control changed per run, median and p95 of
the run. The whole script runs, so a panel in its fragment takes less. Absurd input: seconds and peak of
Python's memory in a fresh process, torch not loaded. --browser: a real server and Chromium; from the message
to the server, and from the key that moves the slider, to the first frame with the new headline. Takes about a
minute; on a busy machine p95 reflects its other work.
"""

import argparse
import contextlib
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.benchmarks.report import Row, facts, percentile, table

ABSURD = """
import math, time, tracemalloc
from core.errors import InputError
from core.reading import parse
from core.shapes import Layer, conv_output_size, trace
def refused(run, *args):
    try:
        run(*args)
    except InputError as error:
        assert str(error)
relu = Layer("ReLU", {})
str(InputError("shape_number", name="size", value=0, low=1, high=2))  # the sentences are read from disk once
text = "nn.ReLU()," * 10**8  # 10**9 characters: the learner's own, and not counted
cases = {
    "kernel 10^6": lambda: refused(conv_output_size, 32, 10**6),
    "a kernel of 4,000 digits": lambda: refused(conv_output_size, 32, 10**4000),
    "negative stride": lambda: refused(conv_output_size, 32, 3, -1),
    "size NaN": lambda: refused(conv_output_size, math.nan, 3),
    "batch 10^6": lambda: refused(trace, [relu], (10**6, 3, 32, 32)),
    "10^6 layers": lambda: refused(trace, [relu] * 10**6, (3, 32, 32)),
    "10^9 characters of layers": lambda: refused(parse, text),
    "20,000 open brackets": lambda: refused(parse, "(" * 20_000),
    "10,000 lines of nonsense": lambda: refused(parse, "a\\n" * 10_000),
    "Sequentials that double 600 times": lambda: refused(
        parse, "a=nn.Sequential(nn.ReLU())\\n" + "a=nn.Sequential(a,a)\\n" * 600
    ),
}
for name, case in cases.items():
    began = time.perf_counter()
    case()
    seconds = time.perf_counter() - began
    tracemalloc.start()
    case()
    print(name, seconds, tracemalloc.get_traced_memory()[1], sep="|")
    tracemalloc.stop()
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--browser", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clean = {
            "LENET_LAB_CACHE": folder,
            "LENET_LAB_RUNS": f"{folder}/runs",
            "LENET_LAB_SPARES": "0",
            "OMP_NUM_THREADS": "1",
        }
        os.environ.update(clean)
        facts()
        table("absurd input", absurd())
        table(f"one control changed, whole script, {arguments.moves} times", server_side(arguments.moves))
        if arguments.browser:
            table("in the browser", in_browser(arguments.moves // 4, Path(folder)))


def absurd() -> list[Row]:
    done = subprocess.run([sys.executable, "-c", ABSURD], capture_output=True, text=True, check=True)
    rows = []
    for line in done.stdout.splitlines():
        name, seconds, peak = line.split("|")
        rows.append(Row(name, f"{1000 * float(seconds):.1f} ms, {int(peak) / 2**20:.1f} MB", "200 ms, 50 MB"))
    return rows


def server_side(moves: int) -> list[Row]:
    from tests.support.visit import visit

    logging.getLogger("streamlit").setLevel(logging.ERROR)
    rows = []
    layer, network = visit("shapes"), visit("shapes", shapes__view="network")
    rows.append(
        spread(
            "one layer: kernel size",
            moves,
            lambda n: layer.get_by_key("shapes.kernel_size").set_value(1 + n % 11).run(),
        )
    )
    rows.append(
        spread(
            "one layer: input size",
            moves,
            lambda n: layer.get_by_key("shapes.size").set_value(12 + n % 50).run(),
        )
    )
    rows.append(
        spread(
            "LeNet: input height",
            moves,
            lambda n: network.get_by_key("shapes.height").set_value(12 + n).run(),
        )
    )
    network.button(key="shapes.preset.vgg").click().run()
    rows.append(
        spread(
            "small VGG: input height",
            moves,
            lambda n: network.get_by_key("shapes.height").set_value(12 + n).run(),
        )
    )
    return rows


def spread(what: str, moves: int, move: Callable[[int], object]) -> Row:
    taken = []
    for count in range(moves + 5):
        began = time.perf_counter()
        move(count)
        taken.append(1000 * (time.perf_counter() - began))
    return Row(what, summary(taken[5:]), "60 ms p95")


def summary(milliseconds: list[float]) -> str:
    return f"median {statistics.median(milliseconds):.0f} ms, p95 {percentile(milliseconds, 0.95):.0f} ms"


def in_browser(moves: int, folder: Path) -> list[Row]:
    from tests.support.server import FLAGS, Server, chromium_path

    (folder / "sketches").mkdir()
    (folder / "server").mkdir()
    server = Server(folder / "server", folder / "sketches", LENET_LAB_SPARES="0")
    with contextlib.ExitStack() as stack, sync_playwright() as started:
        stack.callback(server.stop)
        browser = started.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(SENT)
        page.goto(f"{server.address}/shape-calculator")
        slider = page.locator(".st-key-shapes-kernel_size input[type=range]")
        slider.wait_for(state="attached")
        page.wait_for_timeout(3000)
        taken = [page.evaluate(MOVE, ["ArrowRight", "ArrowLeft"][count % 2]) for count in range(moves + 3)]
        browser.close()
    return [
        Row(
            "message to the server to the new headline",
            summary([sent for _, sent in taken[3:]]),
            "150 ms p95",
        ),
        Row("key on the slider to the new headline", summary([key for key, _ in taken[3:]])),
    ]


SENT = """const send = WebSocket.prototype.send
WebSocket.prototype.send = function (...all) {
    window.sentAt ??= performance.now()
    return send.apply(this, all)
}"""
# Presses a key on the kernel's slider and waits for the frame after the headline has changed.
MOVE = """async key => {
    const slider = document.querySelector('.st-key-shapes-kernel_size input[type=range]')
    const headline = () => document.querySelector('[data-testid=stMain] h2')?.innerText
    const before = headline(), began = performance.now()
    slider.focus()
    window.sentAt = null
    slider.dispatchEvent(new KeyboardEvent('keydown', { key, code: key, bubbles: true }))
    slider.dispatchEvent(new KeyboardEvent('keyup', { key, code: key, bubbles: true }))
    while (headline() === before && performance.now() - began < 5000) await new Promise(requestAnimationFrame)
    const now = performance.now()
    return [now - began, now - window.sentAt]
}"""


if __name__ == "__main__":
    main()
