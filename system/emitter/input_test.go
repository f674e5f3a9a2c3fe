package emitter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

func input(name, content string) Input {
	return Input{Name: name, Open: func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader([]byte(content)[offset:])), nil
	}}
}

func inputConfig(in ...Input) Config {
	return Config{Distributors: []string{"d1"}, Inputs: in, BatchMessages: 2, BufferPackets: 3}
}

func texts(p *message.Packet) string {
	var all []string
	for _, e := range p.Entries {
		all = append(all, e.Source+":"+e.Text)
	}
	return strings.Join(all, ",")
}

// feed acknowledges whatever is sent until the emitter is drained and returns the
// packets, in the order of their first submission.
func feed(n *nodetest.Node) (all []string) {
	for step := 0; step < 1000 && n.Count("drained") == 0; step++ {
		for _, s := range n.Take() {
			p := submit(s).Packet
			all = append(all, fmt.Sprintf("%s %s", p.ID, texts(p)))
			answer(n, s, message.Committed)
		}
		n.Advance(10 * time.Millisecond)
	}
	return all
}

func TestInputsAreReadToTheirEnds(t *testing.T) {
	broken := Input{Name: "b", Open: func(int64) (io.ReadCloser, error) { return nil, errors.New("gone") }}
	cfg := inputConfig(input("a", "1\n2\r\n\n4"), broken, input("c", ""), input("d", "abcdefgh\n"))
	cfg.Lines = lines.Config{LineMax: 5}
	n := boot(t, cfg)
	got := strings.Join(feed(n), "; ")
	if want := "e1/0/1 a:1,a:2; e1/0/2 a:,a:4; e1/0/3 d:abcde,d:fgh"; got != want {
		t.Fatalf("packets %q, want %q", got, want)
	}
	var ends []string
	for _, r := range n.Records("input") {
		ends = append(ends, fmt.Sprintf("%s %d %d %d %d %s", r.Str("file"), r.Int("lines"), r.Int("bytes"), r.Int("parts"), r.Int("msgs"), r.Str("err")))
	}
	if got, want := strings.Join(ends, "; "), "a 4 7 0 4 ; b 0 0 0 0 open: gone; c 0 0 0 0 ; d 1 9 1 2 "; got != want {
		t.Fatalf("ends %q, want %q", got, want)
	}
}

func TestCutIsDurableBeforeItIsSentAndOutcomeBeforeItIsTold(t *testing.T) {
	n := nodetest.New("e1", 1)
	n.AutoDisk = false
	n.MustBoot(Boot(inputConfig(input("a", "1\n2\n3\n"))))
	for n.Count("emit") == 0 {
		if len(n.Take()) != 0 {
			t.Fatal("sent before its cut was durable")
		}
		n.Complete()
	}
	sent := n.Take()
	n.CompleteAll()
	answer(n, sent[0], message.Committed)
	if n.Count("outcome") != 0 {
		t.Fatal("outcome told before it was durable")
	}
	n.FailDisk(node.ErrDiskIO, 3)
	n.Advance(time.Second)
	n.CompleteAll()
	if n.Count("outcome") != 1 {
		t.Fatal("outcome not told once it was durable")
	}
}

func TestInputRate(t *testing.T) {
	cfg := inputConfig(input("a", strings.Repeat("x\n", 100)))
	cfg.InputRate, cfg.BufferPackets = 20, 1000
	n := boot(t, cfg)
	n.Advance(2 * time.Second)
	total := 0
	for _, s := range n.Take() {
		total += len(submit(s).Packet.Entries)
	}
	if total < 38 || total > 41 {
		t.Fatalf("%d messages in two seconds of 20 a second", total)
	}
}

func TestChangedInputIsNotSentUnderAnOldID(t *testing.T) {
	content := "one\ntwo\n"
	in := Input{Name: "a", Open: func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(content[offset:])), nil
	}}
	n := boot(t, inputConfig(in))
	if len(n.Take()) != 1 {
		t.Fatal("nothing sent")
	}
	n.Crash()
	content = "uno\ndos\n"
	n.MustBoot(Boot(inputConfig(in)))
	if got := n.Take(); len(got) != 0 || !strings.Contains(n.Records("input")[1].Str("err"), "changed") {
		t.Fatalf("%d packets sent, records %v", len(got), n.Story("file", "err"))
	}
}

// crashy runs an emitter of inputs through crashes, torn and failed writes and
// lost answers.
type crashy struct {
	n    *nodetest.Node
	cfg  Config
	sent []nodetest.Sent
	seen map[uint64]string // content by sequence
	done map[uint64]bool   // committed, so its outcome may be lost but not its content
}

func (c *crashy) take(t *rapid.T) {
	for _, s := range c.n.Take() {
		p := submit(s).Packet
		if old, ok := c.seen[p.ID.Seq]; ok && old != texts(p) {
			t.Fatalf("packet %s was %q and is %q", p.ID, old, texts(p))
		}
		if lo := submit(s).AckedBelow; lo > p.ID.Seq {
			t.Fatalf("packet %s sent under the low-watermark %d", p.ID, lo)
		}
		for seq := uint64(1); seq < submit(s).AckedBelow; seq++ {
			if !c.done[seq] {
				t.Fatalf("low-watermark %d, but %d has no outcome", submit(s).AckedBelow, seq)
			}
		}
		c.seen[p.ID.Seq] = texts(p)
		c.sent = append(c.sent, s)
	}
}

func (c *crashy) step(t *rapid.T) {
	switch k := rapid.IntRange(0, 9).Draw(t, "do"); {
	case k == 0:
		keep := 0
		if ops := c.n.Ops(); len(ops) > 0 {
			keep = rapid.IntRange(0, len(ops[0].Data)).Draw(t, "torn at")
		}
		c.n.Tear(keep)
		c.sent = nil
		c.n.MustBoot(Boot(c.cfg))
	case k == 1 && len(c.n.Ops()) > 0:
		c.n.FailDisk(node.ErrDiskIO, rapid.IntRange(0, len(c.n.Ops()[0].Data)).Draw(t, "kept"))
	case k <= 6 && len(c.n.Ops()) > 0:
		c.n.Complete()
	case k <= 8 && len(c.sent) > 0:
		i := rapid.IntRange(0, len(c.sent)-1).Draw(t, "which")
		c.done[submit(c.sent[i]).Packet.ID.Seq] = true
		answer(c.n, c.sent[i], message.Committed)
	default:
		c.n.Advance(time.Duration(rapid.IntRange(0, 300).Draw(t, "ms")) * time.Millisecond)
	}
	c.take(t)
}

func (c *crashy) drained() bool {
	last := ""
	for _, r := range c.n.Records("drained") {
		last = fmt.Sprint(r.Seq)
	}
	return last != ""
}

func TestCrashesNeitherLoseNorInventLines(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var content, want strings.Builder
		for i := 0; i < 30; i++ {
			fmt.Fprintf(&content, "line %d %s\n", i, strings.Repeat("y", i%7))
			fmt.Fprintf(&want, "line %d %s", i, strings.Repeat("y", i%7))
		}
		half := strings.Index(content.String(), "line 13")
		c := &crashy{n: nodetest.New("e1", 1), seen: map[uint64]string{}, done: map[uint64]bool{}}
		c.cfg = inputConfig(input("a", content.String()[:half]), input("b", content.String()[half:]))
		c.cfg.JournalBytes, c.cfg.Lines = 1<<10, lines.Config{LineMax: 8}
		c.cfg.SubmitTimeout = 200 * time.Millisecond
		c.n.AutoDisk = false
		c.n.MustBoot(Boot(c.cfg))
		for step := rapid.IntRange(10, 200).Draw(t, "steps"); step > 0; step-- {
			c.step(t)
		}
		for step := 0; step < 500 && c.n.Count("drained") == 0; step++ {
			c.n.Advance(100 * time.Millisecond)
			c.n.CompleteAll()
			c.take(t)
			for _, s := range c.sent {
				c.done[submit(s).Packet.ID.Seq] = true
				answer(c.n, s, message.Committed)
			}
			c.sent = nil
		}
		c.n.CompleteAll()
		var got strings.Builder
		for seq := uint64(1); seq <= uint64(len(c.seen)); seq++ {
			if !c.done[seq] {
				t.Fatalf("packet %d of %d was never committed", seq, len(c.seen))
			}
			got.WriteString(strings.NewReplacer("a:", "", "b:", "", ",", "").Replace(c.seen[seq]))
		}
		if got.String() != want.String() {
			t.Fatalf("lines\n%s\nwant\n%s", got.String(), want.String())
		}
	})
}

// FuzzJournal: whatever the journal holds, replay ends and gives ascending
// packets between its bounds.
func FuzzJournal(f *testing.F) {
	var b []byte
	b = appendNote(b, note{kind: noteBase, seq: 3})
	b = appendNote(b, note{kind: noteCut, seq: 3, at: place{file: 1, offset: 70, lines: 4}, first: 50, n: 2, hash: 7})
	b = appendNote(b, note{kind: noteCut, seq: 4, at: place{file: 1, offset: 90, part: 2}, first: 70, n: 1})
	b = appendNote(b, note{kind: noteDone, seq: 3})
	b = appendNote(b, note{kind: noteEnd, seq: 5, at: place{file: 2}})
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add(append([]byte("junk"), b[20:]...))
	f.Fuzz(func(t *testing.T, b []byte) {
		p := replay(b)
		if p.low > p.next {
			t.Fatalf("low %d above next %d", p.low, p.next)
		}
		last := p.low
		for i, c := range p.cuts {
			if c.seq < last || i > 0 && c.seq == last || c.seq >= p.next {
				t.Fatalf("packet %d after %d, next %d", c.seq, last, p.next)
			}
			last = c.seq
		}
	})
}
