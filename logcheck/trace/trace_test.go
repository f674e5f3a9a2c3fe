package trace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"weir/logcheck"
)

// tell runs a tracer over lines of files and returns what it says. A line is FILE and the
// record, with a space between.
func tell(t testing.TB, f Filter, lines []string) string {
	t.Helper()
	var b strings.Builder
	tr := New(f, func(l Line) error {
		b.WriteString(l.String() + "\n")
		return nil
	})
	parse := logcheck.NewLines()
	for _, line := range lines {
		file, record, _ := strings.Cut(line, " ")
		r, err := parse.Parse(file, []byte(record))
		if err != nil {
			t.Fatal(err)
		}
		if !tr.Record(r) {
			break
		}
	}
	if s := tr.Summary(); s != "" {
		b.WriteString(s + "\n")
	}
	return b.String()
}

// golden reads the logs of testdata/golden, which have every kind of record and message.
func golden(t testing.TB) []string {
	t.Helper()
	var lines []string
	for _, name := range []string{"n1.1.jsonl", "faults.jsonl"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", "golden", name))
		if err != nil {
			t.Fatal(err)
		}
		if name != "faults.jsonl" {
			name = "logs/" + name
		}
		for line := range strings.Lines(string(data)) {
			lines = append(lines, name+" "+line)
		}
	}
	return lines
}

// TestWords holds what is said of every kind of record to testdata/words.txt.
func TestWords(t *testing.T) {
	got := tell(t, Filter{}, golden(t))
	path := filepath.Join("testdata", "words.txt")
	if os.Getenv("WEIR_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("words (-want +got):\n%s", d)
	}
	for line := range strings.Lines(got) {
		line = strings.TrimSuffix(line, "\n")
		if logcheck.Sanitise(line) != line {
			t.Errorf("not fit for a terminal: %q", line)
		}
	}
}

// The life of a packet whose first submit is lost, whose first attempt meets a crashed
// analyser, and whose result the world doubles; of another packet nothing is told.
var wild = []string{
	`faults.jsonl {"k":"fault","a":"faults","s":1,"t":1000000,"m":1,"g":1,"do":"crash","n":"a1","inc":1}`,
	`faults.jsonl {"k":"fault","a":"faults","s":2,"t":1000000,"m":1,"g":1,"do":"cut","from":"e1","to":"d1","cls":"data"}`,
	`faults.jsonl {"k":"fault","a":"faults","s":3,"t":1000000,"m":1,"g":1,"do":"cut","from":"e1","to":"d2","cls":"all"}`,
	`faults.jsonl {"k":"fault","a":"faults","s":4,"t":1000000,"m":1,"g":1,"do":"slow","n":"d1","val":"50%"}`,
	`faults.jsonl {"k":"fault","a":"faults","s":5,"t":1500000,"m":1,"g":1,"do":"normal","n":"d1"}`,
	`logs/e1.1.jsonl {"k":"emit","a":"emit","s":1,"t":2000000,"m":2,"g":2,"id":"e1/1/1","n":2,"b":9,"h":"0000000a"}`,
	`logs/e1.1.jsonl {"k":"send","a":"emit","s":2,"t":2000000,"m":2,"g":2,"tok":1,"to":"d1","ta":"ingress","ti":0,"c":"data","msg":"submit","id":"e1/1/1","n":2,"b":9,"h":"0000000a","lo":1}`,
	`logs/e1.1.jsonl {"k":"send","a":"emit","s":3,"t":2000000,"m":2,"g":2,"tok":2,"to":"d1","ta":"ingress","ti":0,"c":"data","msg":"submit","id":"e1/1/2","n":2,"b":9,"h":"0000000a","lo":1}`,
	`faults.jsonl {"k":"lost","a":"faults","s":6,"t":2000000,"m":3,"g":2,"fr":"e1","fi":1,"tok":1,"to":"d1","why":"cut"}`,
	`faults.jsonl {"k":"lost","a":"faults","s":7,"t":2000000,"m":3,"g":2,"fr":"e1","fi":1,"tok":2,"to":"d1","why":"cut"}`,
	`faults.jsonl {"k":"fault","a":"faults","s":8,"t":3000000,"m":1,"g":3,"do":"heal","from":"e1","to":"d1","cls":"data"}`,
	`logs/e1.1.jsonl {"k":"send","a":"emit","s":4,"t":4000000,"m":2,"g":4,"tok":3,"to":"d1","ta":"ingress","ti":0,"c":"data","msg":"submit","id":"e1/1/1","n":2,"b":9,"h":"0000000a","lo":1}`,
	`logs/d1.1.jsonl {"k":"recv","a":"ingress","s":1,"t":5000000,"m":2,"g":5,"tok":3,"fr":"e1","fa":"emit","fi":1,"c":"data","msg":"submit","id":"e1/1/1","n":2,"b":9,"h":"0000000a","lo":1}`,
	`logs/d1.1.jsonl {"k":"pick","a":"w1","s":1,"t":5000000,"m":2,"g":6,"p":1,"id":"e1/1/1","att":1,"n":2,"to":"a1","v":1}`,
	`logs/d1.1.jsonl {"k":"send","a":"w1","s":2,"t":5000000,"m":2,"g":6,"tok":1,"to":"a1","ta":"analyse","ti":0,"c":"data","msg":"packet","id":"e1/1/1","n":2,"b":9,"h":"0000000a","att":1,"lo":1}`,
	`faults.jsonl {"k":"lost","a":"faults","s":9,"t":6000000,"m":3,"g":7,"fr":"d1","fi":1,"tok":1,"to":"a1","why":"down"}`,
	`logs/d1.1.jsonl {"k":"fail","a":"w1","s":3,"t":6000000,"m":2,"g":8,"tok":1,"why":"refused"}`,
	`logs/d1.1.jsonl {"k":"retry","a":"w1","s":4,"t":6000000,"m":2,"g":8,"id":"e1/1/1","att":2,"wait":1500000}`,
	`faults.jsonl {"k":"fault","a":"faults","s":10,"t":7000000,"m":1,"g":9,"do":"restart","n":"a1","inc":2}`,
	`logs/d1.1.jsonl {"k":"pick","a":"w1","s":5,"t":8000000,"m":2,"g":10,"p":2,"id":"e1/1/1","att":2,"n":2,"to":"a2","v":1,"x":"a1"}`,
	`logs/a2.2.jsonl {"k":"commit","a":"analyse","s":1,"t":9000000,"m":2,"g":11,"id":"e1/1/1","n":2,"h":"0000000a","cs":7,"op":1}`,
	`logs/a2.2.jsonl {"k":"synced","a":"analyse","s":2,"t":9100000,"m":2,"g":12,"tok":1,"file":"log.0"}`,
	`logs/a2.2.jsonl {"k":"synced","a":"analyse","s":3,"t":9100000,"m":2,"g":12,"tok":9,"file":"log.0"}`,
	`logs/d1.1.jsonl {"k":"send","a":"ingress","s":2,"t":9200000,"m":2,"g":13,"tok":5,"to":"e1","ta":"emit","ti":1,"c":"ack","msg":"result","re":3,"id":"e1/1/1","out":"committed"}`,
	`faults.jsonl {"k":"dup","a":"faults","s":11,"t":9200000,"m":3,"g":13,"fr":"d1","fi":1,"tok":5,"to":"e1","n":1}`,
	`logs/e1.1.jsonl {"k":"outcome","a":"emit","s":5,"t":9300000,"m":2,"g":14,"id":"e1/1/1","out":"acked"}`,
	`faults.jsonl {"k":"fault","a":"faults","s":12,"t":9400000,"m":1,"g":15,"do":"crash","n":"a2","inc":2}`,
	`faults.jsonl {"k":"fault","a":"faults","s":13,"t":9400000,"m":1,"g":15,"do":"crash","n":"d1","inc":1}`,
	`logs/a2.3.jsonl {"k":"recover","a":"analyse","s":1,"t":9500000,"m":2,"g":16,"n":7,"lost":0,"msgs":20}`,
	`logs/a1.2.jsonl {"k":"recover","a":"analyse","s":1,"t":9500000,"m":2,"g":16,"n":7,"lost":0,"msgs":20}`,
}

const wildLife = `   0.002000s #2       e1/emit        cuts e1/1/1: 2 messages, 9 bytes
   0.002000s #2       faults         in force since 0.001000s: cut e1 to d1 data
   0.002000s #2       e1/emit        sends to d1/ingress: submit e1/1/1
   0.002000s #2       faults         lost (cut: the link was cut) from e1 to d1: submit e1/1/1
   0.003000s #3       faults         fault: heal e1 to d1 data
   0.004000s #4       e1/emit        sends to d1/ingress: submit e1/1/1 (submit number 2)
   0.005000s #5       d1/ingress     receives from e1/emit: submit e1/1/1
   0.005000s #6       d1/w1          picks a1 for e1/1/1, attempt 1 (decision 1, view 1)
   0.005000s #6       faults         in force since 0.001000s: crash a1 (incarnation 1)
   0.005000s #6       d1/w1          sends to a1/analyse: packet e1/1/1 (attempt 1)
   0.006000s #7       faults         lost (down: a1 was down) from d1 to a1: packet e1/1/1 (attempt 1)
   0.006000s #8       d1/w1          learns that a send failed (refused): packet e1/1/1 (attempt 1)
   0.006000s #8       d1/w1          will try e1/1/1 again in 1.5ms, attempt 2
   0.007000s #9       faults         fault: restart a1 (incarnation 2)
   0.008000s #10      d1/w1          picks a2 for e1/1/1, attempt 2 (decision 2, view 1), not a1
   0.009000s #11      a2.2/analyse   commits e1/1/1 as effect 7 (2 messages), not yet synced
   0.009100s #12      a2.2/analyse   the effect of e1/1/1 is synced (log.0)
   0.009200s #13      d1/ingress     sends to e1/emit: result e1/1/1, committed
   0.009200s #13      faults         duplicated (1 extra copy) from d1: result e1/1/1, committed
   0.009300s #14      e1/emit        outcome of e1/1/1: acked
   0.009400s #15      faults         fault: crash a2 (incarnation 2)
   0.009500s #16      a2.3/analyse   recovers: the store holds effects 1 to 7, 0 of them known to be lost
e1/1/1: cut at 0.002000s; acked at 0.009300s (7.3ms later); submitted 2 times; 2 attempts; committed by a2; 2 messages lost: cut, down; 1 extra copy
`

func TestLife(t *testing.T) {
	if d := cmp.Diff(wildLife, tell(t, Filter{Packet: "e1/1/1"}, wild)); d != "" {
		t.Errorf("life (-want +got):\n%s", d)
	}
	if got := tell(t, Filter{Packet: "e1/1/9"}, wild); got != "" {
		t.Errorf("of an unknown packet: %s", got)
	}
	const two = `   0.002000s #2       faults         in force since 0.001000s: cut e1 to d1 data
   0.002000s #2       e1/emit        sends to d1/ingress: submit e1/1/2
   0.002000s #2       faults         lost (cut: the link was cut) from e1 to d1: submit e1/1/2
   0.003000s #3       faults         fault: heal e1 to d1 data
   0.009400s #15      faults         fault: crash d1 (incarnation 1)
e1/1/2: first named at 0.002000s; no outcome; never committed; 1 message lost: cut
`
	if d := cmp.Diff(two, tell(t, Filter{Packet: "e1/1/2"}, wild)); d != "" {
		t.Errorf("life (-want +got):\n%s", d)
	}
}

func TestFilter(t *testing.T) {
	bound := func(text string) Bound {
		b, err := ParseBound(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		f    Filter
		want string // the events told
	}{
		{Filter{From: bound("15"), Until: bound("15")}, "15 15"},
		{Filter{From: bound("9200us"), Until: bound("9.3ms")}, "13 13 14"},
		{Filter{Until: bound("1")}, "1 1 1 1 1"},
		{Filter{Until: bound("0s")}, ""},
		{Filter{Nodes: []string{"a1"}}, "1 7 9 16"},
		{Filter{Nodes: []string{"a1", "faults"}, From: bound("13")}, "13 15 15 16"},
		{Filter{Packet: "e1/1/1", Nodes: []string{"a2"}}, "11 12 15 16"},
	} {
		var got []string
		for line := range strings.Lines(tell(t, c.f, wild)) {
			if _, rest, ok := strings.Cut(line, "#"); ok {
				n, _, _ := strings.Cut(rest, " ")
				got = append(got, n)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%+v: events %v, want %s", c.f, got, c.want)
		}
	}
}

func TestFilterValidate(t *testing.T) {
	nodes := []string{"e1", "d1"}
	good := Filter{Packet: "e1/1/448", Nodes: []string{"d1", "faults"}, From: Bound{Event: 3, Given: true}}
	if err := good.Validate(nodes, true); err != nil {
		t.Error(err)
	}
	bad := Filter{Packet: "e1/1/x", Nodes: []string{"d2"}, Until: Bound{Event: 3, Given: true}}
	err := bad.Validate(nodes, false)
	for _, want := range []string{`packet "e1/1/x"`, `node "d2": this run has e1, d1 and faults`, "no event numbers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestTellEnds: the first error of the reader ends the trace.
func TestTellEnds(t *testing.T) {
	full := errors.New("full")
	n := 0
	tr := New(Filter{}, func(Line) error { n++; return full })
	r, err := logcheck.NewLines().Parse("faults.jsonl", []byte(strings.TrimPrefix(wild[0], "faults.jsonl ")))
	if err != nil {
		t.Fatal(err)
	}
	if tr.Record(r) || tr.Record(r) || !errors.Is(tr.Err(), full) || n != 1 {
		t.Errorf("told %d times, error %v", n, tr.Err())
	}
}

// TestEvent: what left no record is told in its span, and not as a packet's life.
func TestEvent(t *testing.T) {
	for _, c := range []struct {
		f          Filter
		more, told bool
	}{
		{Filter{}, true, true},
		{Filter{Nodes: []string{"d2"}}, true, false},
		{Filter{Packet: "e1/1/1"}, true, false},
		{Filter{From: Bound{Event: 8, Given: true}}, true, false},
		{Filter{Until: Bound{Event: 6, Given: true}}, false, false},
		{Filter{From: Bound{At: time.Second, Given: true}, Until: Bound{At: time.Second, Given: true}}, true, true},
	} {
		tr := New(c.f, func(Line) error { return nil })
		more := tr.Event(Line{T: time.Second, Event: 7, Where: "d1/w1", Text: "handles a timer"}, "d1")
		if more != c.more || tr.Told() != map[bool]int64{true: 1}[c.told] {
			t.Errorf("%+v: more %v, told %d", c.f, more, tr.Told())
		}
	}
}

// TestMailIsBounded: what is remembered of messages does not grow with the run.
func TestMailIsBounded(t *testing.T) {
	var m mail
	for i := range uint64(mailMax + 100) {
		m.note(token{"e1", 1, i}, letter{what: fmt.Sprint(i)})
	}
	if len(m.known) != mailMax || len(m.ring) != mailMax {
		t.Errorf("%d and %d are remembered, at most %d", len(m.known), len(m.ring), mailMax)
	}
	if m.known[token{"e1", 1, 99}].what != "" || m.known[token{"e1", 1, 100}].what != "100" {
		t.Error("not the oldest were forgotten")
	}
	m = mail{only: "e1/1/1"}
	m.note(token{"e1", 1, 1}, letter{packet: "e1/1/1"})
	m.note(token{"e1", 1, 2}, letter{packet: "e1/1/2"})
	if len(m.known) != 1 {
		t.Error("messages of other packets are remembered")
	}
}

func FuzzParseBound(f *testing.F) {
	for _, s := range []string{"12.5s", "1m3s", "7687", "0", "-1s", "", "99999999999999999999", "12", "1e3s", "\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, err := ParseBound(s)
		switch {
		case err != nil:
			if len(err.Error()) > 2000 {
				t.Errorf("a message of %d bytes", len(err.Error()))
			}
		case !b.Given || b.At < 0 || b.Event > boundMax || b.Event > 0 && b.At > 0:
			t.Errorf("%q: %+v", s, b)
		case b.Event > 0 && strings.TrimLeft(s, "0") != fmt.Sprint(b.Event):
			t.Errorf("%q is event %d", s, b.Event)
		}
	})
}

// FuzzRecord: whatever record is accepted, its line is one line fit for a terminal.
func FuzzRecord(f *testing.F) {
	for _, line := range append(golden(f), wild...) {
		file, record, _ := strings.Cut(line, " ")
		f.Add(file == "faults.jsonl", strings.TrimSuffix(record, "\n"))
	}
	f.Fuzz(func(t *testing.T, faults bool, record string) {
		file := map[bool]string{true: "faults.jsonl", false: "logs/n1.2.jsonl"}[faults]
		r, err := logcheck.NewLines().Parse(file, []byte(record))
		if err != nil {
			return
		}
		for _, filter := range []Filter{{}, {Packet: r.Str(logcheck.KeyID)}} {
			tr := New(filter, func(l Line) error {
				if s := l.String(); logcheck.Sanitise(s) != s || l.Text == "" {
					t.Errorf("not fit for a terminal: %q", s)
				}
				return nil
			})
			if !tr.Record(r) {
				t.Error("no more wanted")
			}
			if s := tr.Summary(); logcheck.Sanitise(s) != s {
				t.Errorf("not fit for a terminal: %q", s)
			}
		}
	})
}
