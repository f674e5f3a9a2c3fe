package record

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// goldenDir holds the logs that this package's writer and logcheck's reader are
// both held to: logcheck's test reads them into testdata/golden/values.txt.
var goldenDir = filepath.Join("..", "..", "logcheck", "testdata", "golden")

// goldenRecord is a record of an actor: its kind and what follows the common keys.
type goldenRecord struct {
	kind string
	keys func(*Line)
}

// hostile is text of every class that may not appear raw, between some that may.
const hostile = "q\" b\\ \n\r\t \x00\x1b\x7f \u0085 \u061c\u200e\u200f \u2028\u2029 \u202a\u202e\u2066\u2069 \ufeff \xff\xc3( \u00e9\u6c34\U0001F600"

func none(*Line) {}

// goldenNode has every kind of record of a node's file but `log` and `end`.
var goldenNode = []goldenRecord{
	{"start", none},
	{"config", func(l *Line) {
		l.Uint("ver", 1).Bool("ok", true).Str("set", "a1=1000000:up,a2=0:drain").Str("from", "boot")
	}},
	{"config", func(l *Line) { l.Uint("ver", 1).Bool("ok", false).Str("why", hostile).Str("from", "control") }},
	{"emit", func(l *Line) { l.Packet("id", "e-1_x.Y", 1, 1).Int("n", 10).Int("b", 1500).Hex32("h", 0) }},
	{"outcome", func(l *Line) {
		l.Packet("id", "e-1_x.Y", 0, math.MaxInt64).Str("out", "expired").Str("why", "horizon").Bool("def", false)
	}},
	{"input", func(l *Line) {
		l.Str("file", hostile).Uint("lines", math.MaxUint64).Uint("bytes", 0).Int("parts", 1).Int("msgs", 2).Cut("err", "caf\u00e9", 4)
	}},
	{"submit_failed", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("to", "d1").Str("why", "timeout") }},
	{"back", func(l *Line) { l.Bool("on", true) }},
	{"kept_out", func(l *Line) { l.Uint("n", 7) }},
	{"drained", none},
	{"admit", func(l *Line) { l.Packet("id", "e1", math.MaxUint32, 2).Str("w", "w1").Int("q", 1).Int("qb", 2) }},
	{"refuse", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("why", "queue_full").Int("q", 1).Int("qb", 2) }},
	{"join", func(l *Line) { l.Packet("id", "e1", 1, 2) }},
	{"view", func(l *Line) { l.Uint("v", 1).Uint("ver", 1).Str("set", "a1=1:up,a2=2:down,a3=3:full,a4=-") }},
	{"credit", func(l *Line) { l.Str("set", "a1=-4294967296,a2=4294967296") }},
	{"pick", func(l *Line) {
		l.Uint("p", 1).Packet("id", "e1", 1, 2).Uint("att", 1).Int("n", 10).Str("to", "a1").Uint("v", 1)
		l.Str("x", "a2,a3").Hex64("raw", math.MaxUint64).Str("w", "w1")
	}},
	{"health", func(l *Line) {
		l.Str("an", "a1").Str("to", "down").Str("why", "probe").Int("f", 3).Int("ok", 0).Bool("dp", false).Uint("inc", 1)
	}},
	{"probed", func(l *Line) { l.Str("an", "a1").Uint("pn", 9).Str("res", "not_ready").Bool("dp", true) }},
	{"attempt_failed", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("att", 1).Str("to", "a1").Str("why", "timeout") }},
	{"retry", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("att", 2).Dur("wait", 50*time.Millisecond) }},
	{"done", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("att", 2).Str("to", "a2").Str("st", "duplicate") }},
	{"gave_up", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("why", "deadline").Bool("def", true) }},
	{"dead", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("why", "poison").Bool("def", true).Str("to", "a1") }},
	{"budget", func(l *Line) { l.Int("active", 5).Int("retries", 1) }},
	{"none_up", func(l *Line) { l.Bool("on", false) }},
	{"resumed", func(l *Line) { l.Dur("gap", time.Second) }},
	{"seed", func(l *Line) { l.Str("by", "boot-00000000deadbeef") }},
	{"change", func(l *Line) {
		l.Uint("ctr", 4).Str("op", "weight").Str("an", "a1").Uint("weight", 5).Str("seen", "boot-00000000deadbeef/1=3")
	}},
	{"replica", func(l *Line) {
		l.Uint("ver", 2).Str("from", "gossip").Str("fr", "n2").Uint("fi", 1).Uint("ser", 7).Str("seen", "boot-00000000deadbeef/1=3,n1/1=4").Hex64("dig", 0xdeadbeef).Uint("n", 3).Uint("dead", 0)
	}},
	{"not_taken", func(l *Line) {
		l.Str("fr", "n2").Uint("fi", 1).Uint("ser", 8).Str("why", "gap").Str("err", "not seen yet")
	}},
	{"member", func(l *Line) { l.Str("node", "n2").Str("to", "suspect").Uint("inc", 1) }},
	{"trade", func(l *Line) {
		l.Uint("ser", 4).Uint("at", 9).Uint("p", 12).Str("own", "a1=-4294967296,a2=4294967296").Str("set", "a1=1")
	}},
	{"tally", func(l *Line) {
		l.Str("from", "own").Str("of", "w1=4,w2=3").Uint("n", 10).Str("set", "a1=-9,a2=9").Str("seen", "n1/1=4,n2/1=3")
	}},
	{"tally", func(l *Line) {
		l.Str("from", "gossip").Str("fr", "n2").Uint("fi", 1).Uint("ser", 7).Uint("n", 11).Str("set", "a1=-9,a2=9").Str("seen", "n1/1=4,n2/1=4")
	}},
	{"tally", func(l *Line) {
		l.Str("from", "fold").Uint("folds", 2).Uint("n", 12).Str("set", "a1=0").Str("seen", "n1/3=5")
	}},
	{"recover", func(l *Line) { l.Uint("n", 12).Uint("lost", 1) }},
	{"commit", func(l *Line) {
		l.Packet("id", "e1", 1, 2).Int("n", 10).Hex32("h", 0xdeadbeef).Uint("cs", 13).Uint("op", 4)
	}},
	{"synced", func(l *Line) { l.Uint("tok", 4).Str("file", "log.0") }},
	{"diskfail", func(l *Line) { l.Uint("tok", 5).Str("file", "log.0").Str("why", "io") }},
	{"dup", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("why", "below") }},
	{"take", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("att", 2) }},
	{"counts", func(l *Line) { l.Uint("n", 9).Uint("msgs", 41).Dur("wait", 5) }},
	{"poisoned", func(l *Line) { l.Packet("id", "e1", 1, 2).Str("why", "entry_too_large") }},
	{"send", func(l *Line) {
		sent(l, 6, "data", "submit").Packet("id", "e1", 1, 2).Int("n", 10).Int("b", 1500).Hex32("h", 1).Uint("lo", 1)
	}},
	{"send", func(l *Line) {
		sent(l, 7, "data", "packet").Packet("id", "probe", 1, 2).Int("n", 0).Int("b", 0).Hex32("h", 0).Uint("att", 1).Uint("lo", 0)
	}},
	{"recv", func(l *Line) {
		received(l, 8, "ack", "result").Uint("re", 6).Packet("id", "e1", 1, 2).Str("out", "refused").Str("why", "queue_full").Bool("def", true).Dur("wait", 1)
	}},
	{"recv", func(l *Line) {
		received(l, 9, "ack", "receipt").Uint("re", 7).Packet("id", "probe", 1, 2).Uint("att", 1).Str("st", "unavailable")
	}},
	{"send", func(l *Line) { sent(l, 10, "probe", "probe").Uint("pn", math.MaxUint64) }},
	{"recv", func(l *Line) { received(l, 11, "probe", "probe_ok").Uint("re", 10).Uint("pn", 1).Bool("ready", true) }},
	{"send", func(l *Line) { sent(l, 12, "control", "control").Str("doc", `{"weights":{"a1":NaN}}`) }},
	{"recv", func(l *Line) {
		received(l, 13, "control", "control_ok").Uint("re", 12).Bool("ok", false).Uint("ver", 1).Str("why", "not a number")
	}},
	{"send", func(l *Line) { sent(l, 14, "control", "state") }},
	{"recv", func(l *Line) { received(l, 15, "control", "state_ok").Uint("re", 14).Uint("ver", 2) }},
	{"config", func(l *Line) { l.Uint("ver", 3).Bool("ok", true).Str("set", "a1=1:up").Str("from", "client") }},
	{"send", func(l *Line) {
		sent(l, 16, "control", "gossip").Uint("ser", 9).Uint("off", 0).Uint("b", 35).Uint("total", 35)
	}},
	{"recv", func(l *Line) {
		received(l, 17, "control", "gossip_ok").Uint("re", 16).Uint("ser", 9).Str("why", "busy")
	}},
	{"fail", func(l *Line) { l.Uint("tok", 12).Str("why", "reset") }},
	{"drop", func(l *Line) { l.Uint("tok", 1).Str("fr", "e1").Uint("fi", 1).Str("why", "stale") }},
	{"x_other", func(l *Line) { l.Str("colour", "").Int("low", math.MinInt64).Uint("id", 1) }},
	{"counter", func(l *Line) { l.Str("name", "drift").Int("val", math.MinInt64) }},
	{"commit", func(l *Line) {
		l.Packet("id", "e1", 1, 3).Int("n", 1).Hex32("h", 1).Uint("cs", 14).Uint("op", 5).Hex64("dg", math.MaxUint64)
	}},
	{"digest", func(l *Line) {
		l.Uint("n", 14).Uint("lost", 1).Uint("pkts", 13).Uint("msgs", 99).Uint("errs", 7).Hex64("dg", 0xfedcba9876543210).Hex64("hash", 1)
	}},
	{"counter", func(l *Line) { l.Str("name", "acked").Int("val", math.MaxInt64) }},
	{"scale", func(l *Line) {
		l.Int("n", 2).Int("want", 7).Int("to", 4).Str("why", "up").Str("set", "wait=-/50000000,cpu=1900/700")
	}},
	{"crew", func(l *Line) { l.Str("w", "w3").Str("st", "hired") }},
	{"left", none},
	{"spool", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("no", 7) }},
	{"flush", func(l *Line) { l.Uint("no", 7).Uint("op", 5) }},
	{"unspool", func(l *Line) { l.Packet("id", "e1", 1, 2).Uint("no", 7).Str("why", "expired") }},
	{"regain", func(l *Line) { l.Uint("n", 5).Uint("no", 9).Uint("lost", 3).Str("set", "2-3,8") }},
	{"held", func(l *Line) { l.Bool("on", true) }},
	{"stop", none},
}

func sent(l *Line, tok uint64, class, msg string) *Line {
	return l.Uint("tok", tok).Str("to", "n2").Str("ta", "main").Uint("ti", 0).Str("c", class).Str("msg", msg)
}

func received(l *Line, tok uint64, class, msg string) *Line {
	return l.Uint("tok", tok).Str("fr", "n2").Str("fa", "main").Uint("fi", 1).Str("c", class).Str("msg", msg)
}

// goldenFaults has every kind of record of the fault file but `log` and `end`.
var goldenFaults = []goldenRecord{
	{"phase", func(l *Line) { l.Str("name", "faults") }},
	{"fault", func(l *Line) { l.Str("do", "crash").Str("n", "a1").Str("val", "silent").Uint("inc", 1) }},
	{"fault", func(l *Line) { l.Str("do", "pause").Str("n", "d1").Str("act", "w1") }},
	{"fault", func(l *Line) { l.Str("do", "cut").Str("from", "d1").Str("to", "a1").Str("cls", "all") }},
	{"fault", func(l *Line) { l.Str("do", "configure").Str("n", "d1").Str("val", hostile) }},
	{"lost", func(l *Line) { l.Str("fr", "d1").Uint("fi", 1).Uint("tok", 4).Str("to", "a1").Str("why", "no_actor") }},
	{"dup", func(l *Line) { l.Str("fr", "d1").Uint("fi", 1).Uint("tok", 5).Str("to", "a1").Int("n", 2) }},
	{"noeffect", func(l *Line) { l.Str("do", "crash").Str("n", "a1").Uint("inc", 1).Str("why", "down") }},
	{"stopped", func(l *Line) { l.Str("why", "quiescent") }},
}

// golden writes records into a log; the last times are the largest there are.
func golden(h Header, actor string, records []goldenRecord) []byte {
	l := NewLog(h, 0, 0, 0, nil)
	for i, r := range records {
		at := time.Duration(i + 1)
		ln := l.Begin(r.kind, Stamp{Actor: actor, Seq: uint64(i + 1), World: at, Node: 2 * at, Event: 3 * uint64(i+1)})
		r.keys(ln)
		ln.End()
	}
	l.Close(math.MaxInt64, math.MaxInt64, math.MaxUint64)
	return l.Bytes()
}

// TestGolden writes, byte for byte, the logs that logcheck reads.
func TestGolden(t *testing.T) {
	for name, got := range map[string][]byte{
		"n1.1.jsonl":   golden(Header{Node: "n1", Inc: 1, Role: "distributor", Build: "v1.2"}, "main", goldenNode),
		"faults.jsonl": golden(Header{Node: "faults", Inc: 1, Role: "faults"}, "faults", goldenFaults),
	} {
		path := filepath.Join(goldenDir, name)
		if os.Getenv("WEIR_UPDATE") != "" {
			if err := os.WriteFile(path, got, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		gotLines, wantLines := bytes.SplitAfter(got, []byte("\n")), bytes.SplitAfter(want, []byte("\n"))
		for i := range max(len(gotLines), len(wantLines)) {
			if i >= len(gotLines) || i >= len(wantLines) || !bytes.Equal(gotLines[i], wantLines[i]) {
				t.Fatalf("%s differs from line %d (%d lines, want %d):\n%s", name, i+1, len(gotLines), len(wantLines), gotLines[min(i, len(gotLines)-1)])
			}
		}
	}
}
