package emitter

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/node/nodetest"
)

// growing is an input that grows, and forgets what was released.
type growing struct {
	content string
	least   int64
	ended   bool
}

func (g *growing) input(name string) Input {
	return Input{
		Name: name, Grows: true,
		Release: func(offset int64) { g.least = max(g.least, offset) },
		Open: func(offset int64) (io.ReadCloser, error) {
			if offset < g.least || offset > int64(len(g.content)) {
				return nil, fmt.Errorf("offset %d: there is %d to %d", offset, g.least, len(g.content))
			}
			return &growingReader{g, int(offset)}, nil
		},
	}
}

type growingReader struct {
	g  *growing
	at int
}

func (r *growingReader) Read(b []byte) (int, error) {
	n := copy(b, r.g.content[r.at:])
	r.at += n
	switch {
	case n > 0:
		return n, nil
	case r.g.ended:
		return 0, io.EOF
	}
	return 0, ErrLater
}

func (r *growingReader) Close() error { return nil }

// sent takes what was sent, as texts, and acknowledges it.
func sent(n *nodetest.Node) string {
	var all []string
	for _, s := range n.Take() {
		all = append(all, texts(submit(s).Packet))
		answer(n, s, message.Committed)
	}
	return strings.Join(all, ";")
}

func TestInputsThatGrow(t *testing.T) {
	a, b := &growing{content: "1\n2"}, &growing{}
	n := boot(t, inputConfig(a.input("a"), input("f", "x\ny\nz\n"), b.input("b")))
	if got := sent(n); got != "a:1;f:x,f:y;f:z" {
		t.Fatalf("sent %q", got)
	}
	n.Advance(100 * time.Millisecond)
	if got := sent(n); got != "" {
		t.Fatalf("sent %q of a line that has no end yet", got)
	}
	a.content += "2\n3\n"
	b.content += "4\n"
	n.Advance(100 * time.Millisecond)
	if got := sent(n); got != "a:22,a:3;b:4" && got != "b:4;a:22,a:3" {
		t.Fatalf("sent %q", got)
	}
	if n.Count("drained") != 0 {
		t.Fatal("drained while inputs may grow")
	}
	a.content += "half"
	n.Advance(100 * time.Millisecond)
	n.Stop()
	if got := fmt.Sprint(n.Story("file", "lines", "bytes", "msgs")); n.Count("drained") != 1 || n.Count("input") != 3 || !n.Exited {
		t.Fatalf("a stop in order does not account for the inputs: %s", got)
	}
}

// Growing input that ends: only for this incarnation.
func TestGrowingInputEnds(t *testing.T) {
	a := &growing{content: "1\nrest", ended: true}
	cfg := inputConfig(a.input("a"))
	cfg.ExitDrained = true
	n := boot(t, cfg)
	if got := sent(n); got != "a:1,a:rest" || !n.Exited {
		t.Fatalf("sent %q, ended: %t", got, n.Exited)
	}
	n.Crash()
	a.ended, a.content = false, a.content+"\n3\n"
	n.MustBoot(Boot(cfg))
	n.Advance(50 * time.Millisecond)
	if got := sent(n); got != "a:,a:3" {
		t.Fatalf("sent %q after the restart", got)
	}
}

func TestInputsThatAreRecords(t *testing.T) {
	e := message.Entry{Time: 7, Severity: message.Warn, Source: "h", Text: "a\tb\nc", Attrs: []message.Attribute{{Key: "k", Value: "v\\"}}}
	b, err := lines.AppendRecord(nil, &e)
	if err != nil {
		t.Fatal(err)
	}
	in := (&growing{content: string(b) + "no record\n"}).input("a")
	in.Records = true
	n := boot(t, inputConfig(in))
	got := submit(n.Take()[0]).Packet.Entries
	if fmt.Sprint(got[0]) != fmt.Sprint(e) || got[1].Text != "no record" {
		t.Fatalf("sent %v", got)
	}
}

// What an input forgets is told as lost, and read on from its new beginning; an
// orderly stop still sends what it holds.
func TestInputsThatForget(t *testing.T) {
	in := (&growing{content: "1\n2\n3\n"}).input("a")
	in.Forgets = true
	n := boot(t, inputConfig(in))
	n.Take()
	n.Crash()
	next := &growing{content: "4\n"}
	again := next.input("a")
	again.Forgets = true
	n.MustBoot(Boot(inputConfig(again)))
	if got := sent(n); got != "a:4" || !strings.Contains(n.Records("input")[0].Str("err"), "lost") {
		t.Fatalf("sent %q, told %v", got, n.Story("file", "err"))
	}
	next.content += "5\n"
	n.Stop()
	next.content += "6\n"
	next.ended = true
	n.Advance(100 * time.Millisecond)
	if got := sent(n); got != "a:5;a:6" && got != "a:5,a:6" || !n.Exited {
		t.Fatalf("sent %q after the stop, ended: %t", got, n.Exited)
	}
}

// Inputs change their order and number between lives; each goes on where it was.
func TestInputsAreKnownByTheirKeys(t *testing.T) {
	a, b, c := &growing{content: "a1\n"}, &growing{content: "b1\n"}, input("c", "c1\n")
	n := boot(t, inputConfig(a.input("a"), b.input("b"), c))
	all := sent(n)
	n.Crash()
	a.content, b.content = a.content+"a2\n", b.content+"b2\n"
	n.MustBoot(Boot(inputConfig(input("d", "d1\n"), c, b.input("b"))))
	all += ";" + sent(n)
	n.Crash()
	n.MustBoot(Boot(inputConfig(c, a.input("a"), input("d", "d1\n"))))
	all += ";" + sent(n)
	got := strings.Split(all, ";")
	slices.Sort(got)
	if want := "a:a1 a:a2 b:b1 b:b2 c:c1 d:d1"; strings.Join(got, " ") != want {
		t.Fatalf("sent %q, want %q", got, want)
	}
}

// An input that grows and cannot be read for a while is told once and tried again: no
// packet of an earlier life and no line is given up, and none is cut off.
func TestGrowingInputFailsForAWhile(t *testing.T) {
	a := &growing{content: "1\n2\n3\n"}
	in := a.input("a")
	open, broken := in.Open, false
	in.Open = func(offset int64) (io.ReadCloser, error) {
		if broken {
			return nil, errors.New("too many open files")
		}
		return open(offset)
	}
	n := boot(t, inputConfig(in))
	if len(n.Take()) != 2 {
		t.Fatal("want two packets")
	}
	n.Crash()
	broken = true
	a.content += "4\nha"
	told := n.Count("input")
	n.MustBoot(Boot(inputConfig(in)))
	n.Advance(10 * time.Second)
	if got := sent(n); got != "" || n.Count("input") != told+1 || !strings.Contains(n.Last("input").Str("err"), "too many") {
		t.Fatalf("sent %q, told %v", got, n.Story("file", "err"))
	}
	broken = false
	n.Advance(2 * time.Second)
	got := sent(n)
	a.content += "lf\n"
	n.Advance(100 * time.Millisecond)
	if got += ";" + sent(n); got != "a:1,a:2;a:3;a:4;a:half" {
		t.Fatalf("sent %q", got)
	}
}

// An input that lost what was read of it, as a spool on a disk that lies: told, and what
// comes after it is not taken for what was lost.
func TestGrowingInputLostItsEnd(t *testing.T) {
	a := &growing{content: "1\n2\n3\n"}
	in := a.input("a")
	had := int64(0)
	in.Had = func() int64 { return had }
	cfg := inputConfig(in)
	var told []string
	cfg.Complain = func(input, what string) { told = append(told, input+": "+what) }
	n := boot(t, cfg)
	n.Take()
	n.Crash()
	had, a.content = 2, "1\nx\ny\nz\n"
	n.MustBoot(Boot(cfg))
	n.Advance(100 * time.Millisecond)
	if got := sent(n); got != "a:x,a:y;a:z" || len(told) != 3 || !strings.Contains(told[0], "it ends at 2, but was read to 6") {
		t.Fatalf("sent %q, told %q", got, told)
	}
}

// An input that is taken out of the configuration with packets under way is told, and
// read again from there when it is back.
func TestInputComesBack(t *testing.T) {
	a := &growing{content: "1\n2\n3\n4\n"}
	n := boot(t, inputConfig(a.input("a")))
	if len(n.Take()) != 2 {
		t.Fatal("want two packets")
	}
	n.Crash()
	n.MustBoot(Boot(inputConfig(input("f", "x\n"))))
	if got := sent(n); got != "f:x" || !strings.Contains(n.Records("input")[0].Str("err"), "not configured any more") {
		t.Fatalf("sent %q, told %v", got, n.Story("file", "err"))
	}
	n.Crash()
	n.MustBoot(Boot(inputConfig(a.input("a"))))
	if got := sent(n); got != "a:1,a:2;a:3,a:4" {
		t.Fatalf("sent %q", got)
	}
}

// Crashes, torn writes and lost answers, while several inputs grow and forget what is
// released: no line is lost or invented, and each input keeps its order.
func TestCrashesOfInputsThatGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &crashy{n: nodetest.New("e1", 1), seen: map[uint64]string{}, done: map[uint64]bool{}}
		all := []*growing{{}, {}, {}}
		c.cfg = inputConfig(all[0].input("a"), all[1].input("b"), input("f", "f0\nf1\nf2\n"), all[2].input("c"))
		c.cfg.JournalBytes = 1 << 10
		c.cfg.SubmitTimeout = 200 * time.Millisecond
		c.cfg.BufferPackets = rapid.IntRange(2, 200).Draw(t, "buffer")
		c.n.AutoDisk = false
		c.n.MustBoot(Boot(c.cfg))
		want, wrote := []string{"f:f0", "f:f1", "f:f2"}, 0
		write := func(k int, end string) {
			all[k].content += fmt.Sprintf("%c%d%s", 'a'+k, wrote, end)
			if end != "" {
				_, last, _ := strings.Cut("\n"+strings.TrimSuffix(all[k].content, "\n"), "\n")
				last = last[strings.LastIndexByte(last, '\n')+1:]
				want = append(want, fmt.Sprintf("%c:%s", 'a'+k, last))
			}
			wrote++
		}
		for step := rapid.IntRange(10, 200).Draw(t, "steps"); step > 0; step-- {
			if k := rapid.IntRange(0, 6).Draw(t, "write"); k < 3 {
				write(k, rapid.SampledFrom([]string{"\n", "\n", ""}).Draw(t, "end"))
			}
			c.step(t)
		}
		for k := range all {
			write(k, "\n")
		}
		for step := 0; step < 200; step++ {
			c.n.Advance(50 * time.Millisecond)
			c.n.CompleteAll()
			c.take(t)
			for _, s := range c.sent {
				c.done[submit(s).Packet.ID.Seq] = true
				answer(c.n, s, message.Committed)
			}
			c.sent = nil
		}
		var got []string
		for seq := uint64(1); seq <= uint64(len(c.seen)); seq++ {
			if !c.done[seq] {
				t.Fatalf("packet %d of %d was never committed", seq, len(c.seen))
			}
			got = append(got, strings.Split(c.seen[seq], ",")...)
		}
		byInput := func(a, b string) int { return int(a[0]) - int(b[0]) }
		slices.SortStableFunc(got, byInput)
		slices.SortStableFunc(want, byInput)
		if !slices.Equal(got, want) {
			t.Fatalf("lines\n%q\nwant\n%q", got, want)
		}
		for k, g := range all {
			if g.least < int64(len(g.content)) {
				t.Fatalf("input %d: released to %d of %d", k, g.least, len(g.content))
			}
		}
	})
}
