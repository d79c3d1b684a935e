#!/usr/bin/env python3
"""The part of packaging/rivals that is no shell script: it splits manifests,
hands messages to a filter, and measures the filter's processes meanwhile.

    rivals.py split [--hold-out SOURCE]... [--test-only MANIFEST]...
              [--sample N] [--cost N] OUTDIR MANIFEST...
    rivals.py learn SOCKET MANIFEST            train the Bayes of rspamd
    rivals.py copy MANIFEST DIRECTORY          for sa-learn: ham and spam apart
    rivals.py score FILTER SOCKET OUTDIR PASSES PID...
    rivals.py table OUTDIR                     all side by side, in Markdown

A filter is spamassassin, rspamd or sluice: each is spoken to in its own
protocol (of spamd, HTTP, milter) on a unix socket, one connection for each
message. PIDs are its processes, whose children are measured too.
"""

import argparse
import collections
import concurrent.futures
import email.utils
import hashlib
import json
import os
import re
import socket
import statistics
import struct
import sys
import time

SPAM = ("spam", "phish", "virus")
LABELS = SPAM + ("ham", "bounce", "arf", "autoreply")  # as sluice evaluate has them
COLUMNS = ("path", "label", "source", "cluster")


# Manifests


def entries(manifest):
    """The lines of a manifest that count, with absolute paths."""
    root = os.path.dirname(os.path.realpath(manifest))
    with open(manifest, encoding="utf-8", errors="surrogateescape") as f:
        names = f.readline().rstrip("\n").split("\t")
        for line in f:
            values = dict(zip(names, line.rstrip("\n").split("\t")))
            if values.get("label") in LABELS and values.get("tier", "") in ("", "eval"):
                path = os.path.normpath(os.path.join(root, values["path"]))
                yield {"path": path, "label": values["label"], "source": values["source"],
                       "cluster": values.get("cluster") or path}


def kind(e):
    return "spam" if e["label"] in SPAM else "ham"


def write(name, chosen):
    """Writes a manifest; paths in one are relative to it."""
    with open(name, "w", encoding="utf-8", errors="surrogateescape") as f:
        f.write("\t".join(COLUMNS) + "\n")
        for e in chosen:
            path = os.path.relpath(e["path"], os.path.dirname(name))
            f.write("\t".join([path, e["label"], e["source"], e["cluster"]]) + "\n")


def digest(text):
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


def first(chosen, n):
    """At most n messages of each source and label, chosen by their hash."""
    taken = collections.Counter()
    kept = []
    for e in sorted(chosen, key=lambda e: digest(e["path"])):
        taken[e["source"], e["label"]] += 1
        if taken[e["source"], e["label"]] <= n:
            kept.append(e)
    return kept


def split(args):
    p = argparse.ArgumentParser(prog="rivals")
    p.add_argument("--hold-out", action="append", default=[])
    p.add_argument("--test-only", action="append", default=[])
    p.add_argument("--sample", type=int, default=sys.maxsize)
    p.add_argument("--cost", type=int, default=50)
    p.add_argument("outdir")
    p.add_argument("manifests", nargs="+")
    o = p.parse_args(args)
    train, test = [], []
    for manifest in o.manifests:
        for e in entries(manifest):
            # The last bit of a hash: a half that is the same on every machine.
            tested = e["source"] in o.hold_out or digest(e["cluster"])[-1] & 1
            (test if tested else train).append(e)
    for source in o.hold_out:
        if not any(e["source"] == source for e in test):
            sys.exit(f"rivals: --hold-out: no message is of the source {source}")
    for manifest in o.test_only:
        test += entries(manifest)
    # A held-out message may have near-duplicates in other sources.
    tested = {e["cluster"] for e in test}
    kept = [e for e in train if e["cluster"] not in tested]
    # Ham and spam in turns: what rspamd learns depends on what it knows.
    kept.sort(key=lambda e: digest(e["path"]))
    test = first(test, o.sample)
    write(os.path.join(o.outdir, "train.tsv"), kept)
    write(os.path.join(o.outdir, "test.tsv"), test)
    write(os.path.join(o.outdir, "cost.tsv"), first(test, o.cost))
    count = collections.Counter(map(kind, kept))
    print(f"train on {count['ham']} honest messages and {count['spam']} spam, "
          f"test on {len(test)} ({len(train) - len(kept)} not trained on: they resemble held-out mail)")


# Filters


RECEIVED = """Received: from client.example.net (unknown [192.0.2.77])
	(Authenticated sender: user@example.net)
	by relay.example.net (Postfix) with ESMTPSA id 4Xtest0000;
	{date}
"""


def relayed(message):
    """The message as the relay passes it on: below its own Received header.
    Without one SpamAssassin would not know that the client is trusted."""
    found, _ = fields(message)
    names = {name.lower(): value for name, value in reversed(found)}
    if b"received" in names:
        return message
    date = names.get(b"date", b"").decode("latin-1").replace("\n", " ").strip() or "Thu, 01 Jan 2026 00:00:00 +0000"
    return RECEIVED.format(date=date).encode("latin-1") + message


def dial(path):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(300)
    s.connect(path)
    return s


def ask(path, request, last=False):
    """What is answered to a request on a connection of its own; last says that
    nothing follows, as spamd waits for that."""
    with dial(path) as s:
        s.sendall(request)
        if last:
            s.shutdown(socket.SHUT_WR)
        parts = []
        while part := s.recv(65536):
            parts.append(part)
    return b"".join(parts)


def spamassassin(path, message):
    """The score by SpamAssassin. It tells one digit after the point, too coarse
    to compare by, so those of its rules are added up, which its configuration
    puts into a header."""
    message = relayed(message)
    request = b"HEADERS SPAMC/1.5\r\nContent-length: %d\r\n\r\n" % len(message)
    answer = ask(path, request + message, last=True).decode("utf-8", "replace")
    if " 0 EX_OK" not in answer[:40]:
        raise ValueError(f"spamd: {answer[:200]}")
    told = float(re.search(r"^Spam: \S+ ; (\S+) /", answer, re.M)[1])
    tests = re.search(r"^X-Spam-Tests: (.*)$", answer, re.M)[1].strip()
    value = sum(float(x) for x in re.findall(r"=(-?[\d.]+)", tests))
    if abs(value - told) > 0.11:
        raise ValueError(f"spamd says {told}, its rules are {tests}")
    return value, tests


def controller(path, request, message):
    """An answer by rspamd, in JSON."""
    # Learn-Type: without it, rspamd refuses what it knows already.
    head = b"POST %s HTTP/1.0\r\nLearn-Type: bulk\r\nContent-Length: %d\r\n\r\n" % (request.encode(), len(message))
    head, _, body = ask(path, head + message).partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


def rspamd(path, message):
    status, answer = controller(path, "/checkv2", relayed(message))
    if status != 200:
        raise ValueError(f"rspamd: {status} {answer}")
    return answer["score"], ",".join(f"{n}={s['score']:.2f}" for n, s in answer["symbols"].items())


def learn(args):
    path, manifest = args
    refused = collections.Counter()
    for n, e in enumerate(entries(manifest), 1):
        with open(e["path"], "rb") as f:
            status, answer = controller(path, "/learn" + kind(e), relayed(f.read()))
        if status != 200:
            refused[re.sub(r"<\S*> |:? [\d.]+ <.*", "", answer.get("error", "?"))] += 1
    print(f"rspamd learned {n - sum(refused.values())} of {n} messages")
    for why, n in refused.most_common():
        print(f"   {n} not: {why}")


def copy(args):
    manifest, target = args
    for name in ("ham", "spam"):
        os.makedirs(os.path.join(target, name))
    for n, e in enumerate(entries(manifest)):
        with open(e["path"], "rb") as f, open(os.path.join(target, kind(e), f"{n:06}"), "wb") as to:
            to.write(relayed(f.read()))


def fields(message):
    """The header fields of a message, as an MTA hands them to a milter, and the
    body."""
    head, _, body = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    found = []
    for line in head.replace(b"\0", b"").split(b"\n"):
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1] += b"\n" + line
        elif colon:
            found.append([name, value.removeprefix(b" ")])
    return found, body.replace(b"\n", b"\r\n")


def address(found, name):
    """The address of a header field, to put it into the envelope."""
    for n, value in found:
        if n.lower() == name:
            a = email.utils.parseaddr(value.decode("latin-1").replace("\n", " "))[1]
            if re.fullmatch(r"[!-;=?-~]+@[!-;=?-~]+", a):
                return a.encode()
    return b"someone@example.net"


class Milter:
    """One connection of an MTA to a milter (version 6 of the protocol)."""

    # Which bits of the protocol flags say that a command is not wanted, and
    # that it is not answered.
    FLAGS = {"C": (0x1, 0x1000), "H": (0x2, 0x2000), "M": (0x4, 0x4000), "R": (0x8, 0x8000), "T": (0x200, 0x10000),
             "L": (0x20, 0x80), "N": (0x40, 0x40000), "B": (0x10, 0x80000)}

    def __init__(self, path):
        self.s = dial(path)
        self.stream = self.s.makefile("rb")
        self.skip = False
        self.flags = 0
        self.send("O", struct.pack(">III", 6, 0x1FF, 0x1FFFFF))
        _, data = self.reply()
        self.flags = struct.unpack(">I", data[8:12])[0]

    def send(self, command, data=b""):
        self.s.sendall(struct.pack(">I", len(data) + 1) + command.encode() + data)

    def reply(self):
        size = struct.unpack(">I", self.stream.read(4))[0]
        data = self.stream.read(size)
        return chr(data[0]), data[1:]

    def command(self, command, data=b""):
        unwanted, unanswered = self.FLAGS[command]
        if self.flags & unwanted:
            return
        self.send(command, data)
        if not self.flags & unanswered:
            answer, text = self.reply()
            self.skip = answer == "s"
            if answer not in "cs":
                raise ValueError(f"milter: {command} is answered {answer} {text!r}")

    def message(self, message, client, queue_id):
        """Hands over a message; returns the headers that were added to it."""
        found, body = fields(message)
        self.send("D", b"Cj\0relay.example.net\0{daemon_port}\x0025\0")
        self.command("C", b"[%s]\x004\x30\x39%s\0" % (client, client))
        self.command("H", b"client.example.net\0")
        self.send("D", b"Mi\0%s\0" % queue_id)
        self.command("M", b"<%s>\0" % address(found, b"from"))
        self.command("R", b"<%s>\0" % address(found, b"to"))
        self.command("T")
        for name, value in found:
            self.command("L", name + b"\0" + value + b"\0")
        self.command("N")
        for at in range(0, len(body), 65535):
            if not self.skip:
                self.command("B", body[at:at + 65535])
        self.send("E")
        added = []
        while True:
            answer, data = self.reply()
            if answer in "hi":
                added.append(data.decode("utf-8", "replace").replace("\0", " ").strip())
            elif answer in "acrtyd":
                break
        self.send("Q")
        self.s.close()
        return added


def sluice(path, message):
    n = int.from_bytes(hashlib.sha256(message).digest()[:6], "big")
    added = Milter(path).message(message, b"198.18.%d.%d" % (n >> 8 & 255, n & 255), b"%012X" % n)
    said = " ".join(added)
    return float(re.search(r"; score=(-?[\d.]+)", said)[1]), re.sub(r"\s+", " ", said)


# Cost


def tree(roots):
    """Process ids below and including roots."""
    children = collections.defaultdict(list)
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            children[int(stat(name)[1])].append(int(name))
        except OSError:
            pass
    found = list(roots)
    for pid in found:
        found += children[pid]
    return found


def stat(pid):
    """What follows the name in /proc/PID/stat, see proc(5)."""
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rpartition(")")[2].split()


def cpu(roots):
    """Seconds of processor that processes have used, user and system, with all
    below them, also those that have ended."""
    ticks = 0
    for pid in tree(roots):
        try:
            ticks += sum(int(x) for x in stat(pid)[11:15])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(roots):
    """Resident MB, pages that several of the processes share counted once."""
    kilobytes = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as f:
                kilobytes += int(re.search(r"^Pss: +(\d+)", f.read(), re.M)[1])
        except OSError:
            pass
    return kilobytes / 1024


def settle(roots):
    """Waits until the processes have nothing left to do, such as compiling."""
    for _ in range(120):
        before = cpu(roots)
        time.sleep(2)
        if cpu(roots) - before <= 0.05:
            return


def one_pass(check, path, chosen, roots):
    """Scores messages; returns what was said of each, and seconds for one."""
    def one(e):
        with open(e["path"], "rb") as f:
            return check(path, f.read())
    settle(roots)
    before = cpu(roots)
    with concurrent.futures.ThreadPoolExecutor(2) as threads:
        said = list(threads.map(one, chosen))
    settle(roots)
    return said, (cpu(roots) - before) / len(chosen)


def score(args):
    name, path, outdir, passes, *roots = args
    check = {"spamassassin": spamassassin, "rspamd": rspamd, "sluice": sluice}[name]
    roots = [int(pid) for pid in roots]
    chosen = list(entries(os.path.join(outdir, "test.tsv")))
    said, whole = one_pass(check, path, chosen, roots)
    with open(os.path.join(outdir, name + ".scores"), "w", errors="surrogateescape") as scores, \
            open(os.path.join(outdir, name + ".reasons"), "w", errors="surrogateescape") as reasons:
        for e, (value, text) in zip(chosen, said):
            scores.write(f"{e['path']}\t{value:.4f}\n")
            reasons.write(f"{e['path']}\t{value:.4f}\t{text}\n")
    chosen = list(entries(os.path.join(outdir, "cost.tsv")))
    costs = sorted(one_pass(check, path, chosen, roots)[1] for _ in range(int(passes)))
    with open(os.path.join(outdir, name + ".cost"), "w") as f:
        json.dump({"whole": whole, "sample": len(chosen), "passes": costs, "memory": memory(roots)}, f)


# Report


FILTERS = (("sluice", "Sluice", 4, 12), ("spamassassin", "SpamAssassin", 5, None), ("rspamd", "rspamd", 6, 15))


def printed(name):
    """The two tables that sluice evaluate has printed: a list of cells for each
    source and label. Columns are at least two blanks apart."""
    tables = [[], []]
    with open(name) as f:
        for line in f:
            if line.startswith("Recall in %"):
                tables.reverse()
            elif cells := re.split(r"  +", line.strip()):
                tables[0].append(cells)
    recall, all_ = tables
    strip = lambda t: {tuple(c[:2]): c[2:] for c in t if len(c) > 2 and c[0] != "SOURCE"}
    return strip(all_), strip(recall), next(c[2:] for c in recall if c[0] == "SOURCE")


def markdown(rows):
    for n, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if n == 0:
            print("|" + "---|" * len(row))
    print()


def table(args):
    outdir, = args
    seen = {e["source"] for e in entries(os.path.join(outdir, "train.tsv"))}
    read = {name: printed(os.path.join(outdir, name + ".txt")) for name, *_ in FILTERS}
    mark = lambda source: source if source in seen else source + " (unseen)"
    head = ["source", "label", "messages"]
    for _, title, tag, reject in FILTERS:
        head += [f"{title} ≥ {tag}"] + ([f"≥ {reject}"] if reject else [])
    rows = [head]
    for key, cells in read["sluice"][0].items():
        row = [mark(key[0]), key[1], cells[0]]
        for name, _, _, reject in FILTERS:
            c = read[name][0][key]
            row += [f"{float(c[2]):.1f}"] + ([f"{100 * int(c[4]) / int(c[0]):.1f}"] if reject else [])
        rows.append(row)
    print("Messages in %, that reach the score of each one's own thresholds:\n")
    markdown(rows)
    bounds = [1, 3, 4]  # of those that evaluate prints: 0.1, 0.5 and 1 %
    names = ("0.05 %", "0.1 %", "0.2 %", "0.5 %", "1 %")
    rows = [["source", "label"] + [f"{title} {names[b]}" for b in bounds for _, title, *_ in FILTERS]]
    for key in read["sluice"][1]:
        rows.append([mark(key[0]), key[1]] + [read[name][1][key][b] for b in bounds for name, *_ in FILTERS])
    rows.append(["score needed", ""] + [re.sub(r".*\((.*)\)", r"\1", read[name][2][b]) for b in bounds for name, *_ in FILTERS])
    print("Spam caught in %, when no source of honest mail has more false positives than:\n")
    markdown(rows)
    rows = [["", "ms a message, all of the test half", "ms, median of passes", "least - most", "MB resident"]]
    for name, title, *_ in FILTERS:
        with open(os.path.join(outdir, name + ".cost")) as f:
            c = json.load(f)
        ms = [1000 * x for x in c["passes"]]
        rows.append([title, f"{1000 * c['whole']:.2f}", f"{statistics.median(ms):.2f}", f"{ms[0]:.2f} - {ms[-1]:.2f}", f"{c['memory']:.0f}"])
    print(f"Cost: processor time of the servers, {len(ms)} passes over {c['sample']} messages:\n")
    markdown(rows)


def main():
    commands = {"split": split, "learn": learn, "copy": copy, "score": score, "table": table}
    try:
        commands[sys.argv[1]](sys.argv[2:])
    except OSError as err:
        sys.exit(f"rivals: {err}")


main()
