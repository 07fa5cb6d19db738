"""limits - Azure's token buckets, and the headers that tell of them

The buckets are those of Compute, for each set or each subscription; "room" is what fits in
and "perMinute" what comes back.  Without a word in the scenario they have Azure's own sizes,
with one exception: nobody is refused unless the scenario says a bucket's size.
"""
import math
import time

BUCKETS = {  # of a route -> (bucket, room, a minute)
    "GetVMScaleSet": ("Microsoft.Compute/GetVMScaleSet3Min", 36, 12),
    "HighCostGet": ("Microsoft.Compute/HighCostGetVMScaleSet3Min", 30, 10),
    "VMScaleSetUpdate": ("Microsoft.Compute/VMScaleSetActionsResource3Min", 12, 4),
    "GetVM": ("Microsoft.Compute/LowCostGetSubscription3Min", 900, 300),
    "PutVM": ("Microsoft.Compute/PutVM3Min", 240, 80),
    "GetOperation": ("Microsoft.Compute/GetOperationResource3Min", 45, 15),
}


class Bucket:
    def __init__(self, room, a_minute):
        self.room, self.a_second = room, a_minute / 60
        self.level, self.at = float(room), time.monotonic()

    def take(self):
        """(what is left, seconds until there is one): left is -1 when there was none."""
        now = time.monotonic()
        self.level = min(self.room, self.level + (now - self.at) * self.a_second)
        self.at = now
        if self.level < 1:
            return -1, math.ceil((1 - self.level) / self.a_second) if self.a_second else 60
        self.level -= 1
        return int(self.level), 0


class Limits:
    def __init__(self, told):
        self.told, self.buckets = told, {}

    def set(self, told):
        self.told, self.buckets = told, {}

    def take(self, kind, write):
        """(headers, seconds to wait or 0) of one call."""
        reads = "writes" if write else "reads"
        headers, wait = {}, 0
        left, wait = self.spend("subscription-" + reads, 1200 if write else 12000, 60)
        headers["x-ms-ratelimit-remaining-subscription-" + reads] = str(max(left, 0))
        if kind in BUCKETS:
            name, room, a_minute = BUCKETS[kind]
            left, longer = self.spend(kind, room, a_minute)
            headers["x-ms-ratelimit-remaining-resource"] = "%s;%d" % (name, max(left, 0))
            wait = max(wait, longer)
        return headers, wait

    def spend(self, kind, room, a_minute):
        told = self.told.get(kind)
        if kind not in self.buckets:
            size = told or {}
            self.buckets[kind] = Bucket(size.get("room", room), size.get("perMinute", a_minute))
        left, wait = self.buckets[kind].take()
        return left, wait if told else 0
