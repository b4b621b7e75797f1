# SPDX-License-Identifier: Apache-2.0
# The tables of build/bench/results.json.
def median: sort | if length == 0 then null else .[(length / 2 | floor)] end;
def pad($n): tostring | . + (" " * ($n - length) // "");
def left($n): tostring | (" " * ($n - length) // "") + .;
def num($digits): if . == null then "-" else . * pow(10; $digits) | round / pow(10; $digits) | tostring end;
def group: {"x25519": "X25519", "p256": "P-256", "modp2048": "MODP2048"}[.] // .;
def cell_text: split("-") | (.[0] | group) + ", " + .[1] + " at once" + (if .[2] then ", both cores shared" else "" end);

# median over the rounds of one figure; and of its ratio to another's figure in the same round
def figure($runs; $who; $cell; $key):
	[$runs[] | select(.kind == "beside" and .who == $who and .cell == $cell) | .[$key]] | median;
def ratio($runs; $who; $cell; $key):
	[$runs[] | select(.kind == "beside" and .who == "vanth" and .cell == $cell) | . as $mine
	| $runs[] | select(.kind == "beside" and .who == $who and .cell == $cell and .round == $mine.round)
	| select(.[$key] > 0) | $mine[$key] / .[$key]] | median;
def line($name; $columns): ($name | pad(44)) + ([$columns[] | left(13)] | add);

def alone($runs):
	"", "Vanth alone: simulated kernel, daemon and client share the cores",
	line("exchange"; ["exchanges/s", "CPU us", "p50 ms", "p95 ms", "p99 ms"]),
	($runs[] | select(.kind == "alone")
	| line(.cell | cell_text; [(.rate | num(0)), (.cpu_us | num(0)), (.p50_ms | num(2)), (.p95_ms | num(2)), (.p99_ms | num(2))]));

def memory($runs):
	"", "Memory of one IKE SA with its Child SA, and CPU and rate as their number grows (X25519, 32 at once)",
	line("responder"; ["SAs", "bytes a pair", "RSS kB", "CPU us", "exchanges/s"]),
	($runs[] | select(.kind == "memory") | .who as $who | .marks[]
	| line($who; [.sas, .bytes_per_pair, .rss_kb, (.cpu_us | num(0)), (.rate | num(0))]));

def row($runs; $cell; $key; $digits; $title):
	line($title; [(("vanth", "charon", "pluto") | . as $w | figure($runs; $w; $cell; $key) | num($digits)),
		(("charon", "pluto") | . as $w | ratio($runs; $w; $cell; $key) | num(2))]);

def beside($runs):
	([$runs[] | select(.kind == "beside") | .cell] | unique) as $cells
	| "", "Beside the others: same client, kernel requests by netlink; medians, ratios within a round",
	line("figure"; ["vanth", "charon", "pluto", "to charon", "to pluto"]),
	(("x25519-32", "x25519-32-shared", "x25519-1", "p256-32", "modp2048-32") | select(. as $c | $cells | index($c))
	| . as $cell | ($cell | cell_text) as $text
	| row($runs; $cell; "cpu_us"; 0; $text + ": CPU us"),
	  row($runs; $cell; "rate"; 0; $text + ": a second"),
	  (select($cell == "x25519-1") | row($runs; $cell; "p50_ms"; 2; $text + ": p50 ms"), row($runs; $cell; "p95_ms"; 2; $text + ": p95 ms")));

def flood_figure($runs; $who; $cell; $key):
	[$runs[] | select(.kind == "flood" and .who == $who and .cell == $cell) | .[$key]] | median;
def flood_ratio($runs; $who; $cell):
	[$runs[] | select(.kind == "flood" and .who == "vanth" and .cell == $cell) | . as $mine
	| $runs[] | select(.kind == "flood" and .who == $who and .cell == $cell and .round == $mine.round)
	| select(.cpu_us > 0) | $mine.cpu_us / .cpu_us] | median;
def flood_row($runs; $cell; $key; $title):
	line($title; [(("vanth", "charon", "pluto") | . as $w | flood_figure($runs; $w; $cell; $key) | num(1)),
		(if $key == "cpu_us" then (("charon", "pluto") | . as $w | flood_ratio($runs; $w; $cell) | num(2)) else "", "" end)]);
def floods($runs):
	"", "Floods, 10,000 datagrams a second, each from another address; medians, ratios within a round",
	line("figure"; ["vanth", "charon", "pluto", "to charon", "to pluto"]),
	flood_row($runs; "spoofed"; "cpu_us"; "spoofed IKE_SA_INIT: CPU us each"),
	flood_row($runs; "spoofed"; "received"; "datagrams that were not lost"),
	flood_row($runs; "spoofed"; "cookies"; "cookies asked"),
	flood_row($runs; "spoofed"; "rss_growth_kb"; "memory grew by kB"),
	flood_row($runs; "unknown-spi"; "cpu_us"; "message of an unknown IKE SA: CPU us each"),
	($runs[] | select(.cell == "half-open") | "half-open after a cookie: \(.rss_growth_kb * 1024 / .cookies | num(0)) bytes each (\(.cookies) of them), \(.cpu_us | num(0)) us of CPU each");

def lives($runs):
	"", "SAs while they live: two gateways in one process, without system calls; CPU is one gateway\u0027s",
	line("what"; ["count", "CPU us each", "a second", "longest ms", "expired"]),
	($runs[] | select(.kind == "lives" and .what != "liveness-hour")
	| line(.what; [.count, (.cpu_us / 2 | num(1)), (2e6 / .cpu_us | num(0)), (.longest_ms | num(2)), .expired])),
	($runs[] | select(.what == "liveness-hour")
	| "liveness of \(.count) peers every 30 s: \(.cpu_s / 2 | num(1)) s of CPU an hour");

def mass($runs):
	"", "Between two daemons, simulated kernels, a CPU each: done a second by the wall, CPU of each end, longest turn so far",
	line("what"; ["count", "seconds", "a second", "hub CPU us", "west CPU us", "longest ms", "its CPU ms"]),
	($runs[] | select(.kind == "mass")
	| line(.what; [.count, (.seconds | num(2)), (.rate | num(0)), (.hub_cpu_us | num(1)), (.west_cpu_us | num(1)),
		([.hub_longest_ms, .west_longest_ms // 0] | max | num(1)), ([.hub_longest_cpu_ms, .west_longest_cpu_ms // 0] | max | num(1))]));

def with_certificates($runs):
	def of($who; $cell; $key): [$runs[] | select(.kind == "certificates" and .who == $who and .cell == $cell) | .[$key]] | median;
	def to($who; $cell; $key): [$runs[] | select(.kind == "certificates" and .who == "vanth" and .cell == $cell) | . as $mine
		| $runs[] | select(.kind == "certificates" and .who == $who and .cell == $cell and .round == $mine.round)
		| select(.[$key] > 0) | $mine[$key] / .[$key]] | median;
	"", "Handshakes with certificates: the initiator is a Vanth; medians, ratios within a round",
	line("figure"; ["vanth", "charon", "pluto", "to charon", "to pluto"]),
	(("rsa2048", "p256") as $cell | ("cpu_us", "rate") as $key
	| line(({"rsa2048": "RSA-2048", "p256": "ECDSA P-256"}[$cell]) + ({"cpu_us": ": CPU us", "rate": ": a second"}[$key]);
		[(("vanth", "charon", "pluto") | of(.; $cell; $key) | num(0)), (("charon", "pluto") | to(.; $cell; $key) | num(2))]));

def ikev1($runs):
	def of($who; $cell; $key): [$runs[] | select(.kind == "ikev1" and .who == $who and .cell == $cell) | .[$key]] | median;
	def to($who; $cell; $key): [$runs[] | select(.kind == "ikev1" and .who == "vanth" and .cell == $cell) | . as $mine
		| $runs[] | select(.kind == "ikev1" and .who == $who and .cell == $cell and .round == $mine.round)
		| select(.[$key] > 0) | $mine[$key] / .[$key]] | median;
	"", "IKEv1: Main Mode with a shared key and a Quick Mode, 32 at once; medians, ratios within a round",
	line("figure"; ["vanth", "charon", "pluto", "to charon", "to pluto"]),
	(("p256", "modp2048") as $cell | ("cpu_us", "rate") as $key
	| line(($cell | group) + ({"cpu_us": ": CPU us", "rate": ": a second"}[$key]);
		[(("vanth", "charon", "pluto") | of(.; $cell; $key) | num(0)), (("charon", "pluto") | to(.; $cell; $key) | num(2))]));

def hostile($runs):
	"", "Hostile certificates, each refused: the longest step of the loop",
	line("what"; ["handshakes", "CPU ms"]),
	($runs[] | select(.kind == "hostile") | line(.what; [.count, (.longest_ms | num(3))]));

def conns($runs):
	"", "Conns loaded, and loaded again",
	line("what"; ["count", "seconds", "CPU ms", "longest turn, CPU ms"]),
	($runs[] | select(.kind == "conns")
	| line(.who + ": " + .what; [.count, (.seconds | num(2)), (.cpu_us / 1000 | num(1)), (.longest_cpu_ms | num(1))]));

.runs as $runs | (if any($runs[]; .kind == "alone") then alone($runs) else empty end), (if any($runs[]; .kind == "memory") then memory($runs) else empty end), (if any($runs[]; .kind == "beside") then beside($runs) else empty end),
	(if any($runs[]; .kind == "flood") then floods($runs) else empty end),
	(if any($runs[]; .kind == "certificates") then with_certificates($runs) else empty end),
	(if any($runs[]; .kind == "ikev1") then ikev1($runs) else empty end),
	(if any($runs[]; .kind == "hostile") then hostile($runs) else empty end),
	(if any($runs[]; .kind == "conns") then conns($runs) else empty end),
	(if any($runs[]; .kind == "lives") then lives($runs) else empty end),
	(if any($runs[]; .kind == "mass") then mass($runs) else empty end)
