"""Reads one day of a session from Redis with numpy. Relies only on docs/storage-layout.md and uses no code of Barkeep.

    SESSION_REDIS_URL=redis://127.0.0.1:6380/0 python3 read_chunk.py SESSION SYMBOL DATE

Reads sessions of regular XNYS hours with up to 128 symbols, which have one partition: number 0.
"""

import json
import os
import sys
from datetime import datetime
from itertools import zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import redis

NEW_YORK = ZoneInfo("America/New_York")
MINUTE_MS = 60_000
RECORD = np.dtype([("open", "<f8"), ("high", "<f8"), ("low", "<f8"), ("close", "<f8"), ("volume", "<f8"),
                   ("origin", "u1"), ("zero", "u1"), ("dataset", "<u2"), ("source_count", "<u2"), ("expected_count", "<u2")])
ORIGINS = {1: "streamed", 2: "backfilled", 3: "derived", 4: "historical"}
AVERAGE_BARS = 20      # length of the moving average
SHOWN = 4              # rows at each end of a table, and values of the moving average
ROW_WIDTH = 5 + 5 * 9  # a time of 5 characters and five numbers of 9


class Bars(NamedTuple):
    """The visible bars of one day, oldest first."""
    slots: int           # number of bars that the calendar expects on the day
    opened: np.ndarray   # open time of each bar, epoch ms
    records: np.ndarray  # of type RECORD


def decode(chunk: bytes) -> tuple[int, np.ndarray, np.ndarray]:
    """Returns how many slots the day has, the numbers of the filled slots, and their records."""
    # A chunk is a bitmap, then the records. A group of 64 slots takes 8 bytes of bitmap and 64 records of 48 bytes. The last group may
    # have fewer records, but also takes 8 bytes of bitmap.
    full_groups, rest = divmod(len(chunk), 8 + 64 * RECORD.itemsize)
    slots = 64 * full_groups + max(0, rest - 8) // RECORD.itemsize
    bitmap_bytes = 8 * (full_groups + (rest > 0))
    bits = np.unpackbits(np.frombuffer(chunk, np.uint8, bitmap_bytes))
    filled = np.flatnonzero(bits[:slots])
    return slots, filled, np.frombuffer(chunk, RECORD, slots, bitmap_bytes)[filled]


def visible(chunk: bytes, minutes: int, day_opened: int, clock: int) -> Bars:
    """The bars that closed by the clock. The chunk may also have later bars, which are in the simulated future and must not be shown."""
    slots, filled, records = decode(chunk)
    opened = day_opened + filled * minutes * MINUTE_MS
    is_closed = opened + minutes * MINUTE_MS <= clock
    return Bars(slots, opened[is_closed], records[is_closed])


def read_day(store: redis.Redis, tag: str, symbol: str, date: str) -> tuple[int, Bars, Bars]:
    """The session's clock in epoch ms, and the visible 1m and 5m bars of the day. The tag is the prefix of the session's keys."""
    # One round trip that reads the clock first. If the clock moves before the chunks are read, `visible` drops the bars that it passes:
    # they close after the clock that was read.
    with store.pipeline(transaction=False) as pipeline:
        pipeline.hmget(f"{tag}:meta", "clock", "spec", "retainedFrom", "joining")
        for interval in ("1m", "5m"):
            pipeline.get(f"{tag}:chunk:{interval}:{symbol}:{date}")
        (clock, spec, retained_from, joining), chunk_1m, chunk_5m = pipeline.execute()
    if clock is None:
        raise SystemExit(f"expected a session at {tag}, was: none")
    settings = json.loads(spec)
    if settings["calendar"] != "XNYS" or settings["hours"] != "regular":
        raise SystemExit(f"expected regular hours of XNYS, was: {settings['hours']} hours of {settings['calendar']}")
    day_opened = int(datetime.fromisoformat(f"{date}T09:30").replace(tzinfo=NEW_YORK).timestamp() * 1000)
    if day_opened < int(retained_from or 0) or symbol in (joining or b"").decode().split():
        chunk_1m = chunk_5m = None  # the day is being removed, or the symbol does not have all its bars yet
    clock = int(clock)
    bars_1m = visible(chunk_1m or b"", minutes=1, day_opened=day_opened, clock=clock)
    bars_5m = visible(chunk_5m or b"", minutes=5, day_opened=day_opened, clock=clock)
    return clock, bars_1m, bars_5m


def moving_average(closes: np.ndarray) -> np.ndarray:
    """One value per bar, from the first bar at which there are AVERAGE_BARS bars. Empty when there are fewer."""
    if len(closes) < AVERAGE_BARS:
        return closes[:0]
    return np.convolve(closes, np.full(AVERAGE_BARS, 1 / AVERAGE_BARS), "valid")


def summary(name: str, bars: Bars) -> str:
    """The number of bars, their mean close and volume-weighted average price, and the last moving averages."""
    records = bars.records
    if len(records) == 0:
        return f"{name}: no bars yet"
    origins = ", ".join(f"{np.count_nonzero(records['origin'] == code)} {origin}"
                        for code, origin in ORIGINS.items() if code in records["origin"])
    partial = np.count_nonzero(records["source_count"] < records["expected_count"])
    typical = (records["high"] + records["low"] + records["close"]) / 3
    volume = records["volume"].sum()
    vwap = (typical * records["volume"]).sum() / volume if volume > 0 else np.nan
    averages = " ".join(f"{value:.4f}" for value in moving_average(records["close"])[-SHOWN:]) or "too few bars"
    return "\n".join([
        f"{name}: {len(records)} of {bars.slots} bars ({origins}; {partial} partial)",
        f"  mean close    {records['close'].mean():.4f}",
        f"  VWAP          {vwap:.4f} over a volume of {volume:,.0f}",
        f"  last SMA({AVERAGE_BARS})  {averages}",
    ])


def rows(name: str, bars: Bars) -> list[str]:
    """A small table of the first and the last bars."""
    lines = [f"{time_of(opened):<5}" + "".join(f"{record[field]:9.2f}" for field in ("open", "high", "low", "close"))
             + f"{record['volume']:9,.0f}" for opened, record in zip(bars.opened, bars.records)]
    if len(lines) > 2 * SHOWN:
        lines[SHOWN:-SHOWN] = ["…"]
    return [f"{name:<5}" + "".join(f"{field:>9}" for field in ("open", "high", "low", "close", "volume")), *lines]


def time_of(ms: int, shape: str = "%H:%M") -> str:
    """A time in New York."""
    return datetime.fromtimestamp(int(ms) / 1000, NEW_YORK).strftime(shape)


def main(session: str, symbol: str, date: str) -> None:
    store = redis.Redis.from_url(os.environ["SESSION_REDIS_URL"])
    tag = f"{os.environ.get('BARKEEP_SESSION_PREFIX', 'barkeep')}:{{{session}:0}}"
    clock, bars_1m, bars_5m = read_day(store, tag, symbol, date)
    print(f"{symbol} on {date}, as the clock stands at {time_of(clock, '%Y-%m-%d %H:%M')} in New York\n")
    for left, right in zip_longest(rows("1m", bars_1m), rows("5m", bars_5m), fillvalue=""):
        print(f"{left:<{ROW_WIDTH}}   {right}".rstrip())
    print(f"\n{summary('1m', bars_1m)}\n\n{summary('5m', bars_5m)}")


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    main(*sys.argv[1:])
