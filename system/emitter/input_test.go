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

// drain acknowledges whatever is sent until the emitter is drained and returns the
// packets, in the order of their first submission.
func drain(n *nodetest.Node) (all []string) {
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
	got := strings.Join(drain(n), "; ")
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

// Good news that comes before an expiry was told is taken.
func TestCommittedBeatsAnExpiryThatNobodyKnows(t *testing.T) {
	cfg := inputConfig(input("a", "1\n"))
	cfg.Horizon = time.Second
	n := boot(t, cfg)
	sent := n.Take()
	n.AutoDisk = false
	n.Advance(2 * time.Second)
	if n.Count("outcome") != 0 || len(n.Ops()) == 0 {
		t.Fatal("the expiry does not wait for the disk")
	}
	answer(n, sent[0], message.Committed)
	n.CompleteAll()
	if outcomes(n) != "e1/0/1 acked" {
		t.Fatalf("outcomes %s", outcomes(n))
	}
}

func TestPartsOfALongLineAreNumberedAcrossPackets(t *testing.T) {
	cfg := inputConfig(input("a", "abcdefghi\nx\n"))
	cfg.Lines = lines.Config{LineMax: 2}
	cfg.BatchBytes = 80 // no more than two such messages
	n := boot(t, cfg)
	var parts []string
	for step := 0; step < 100 && n.Count("drained") == 0; step++ {
		for _, s := range n.Take() {
			for _, e := range submit(s).Packet.Entries {
				parts = append(parts, fmt.Sprint(e.Text, e.Attrs))
			}
			answer(n, s, message.Committed)
		}
	}
	want := "ab[{weir.part 1}] cd[{weir.part 2}] ef[{weir.part 3}] gh[{weir.part 4}] i[{weir.part 5}] x[]"
	if got := strings.Join(parts, " "); got != want {
		t.Fatalf("messages %q, want %q", got, want)
	}
	if r := n.Last("input"); r.Int("lines") != 2 || r.Int("parts") != 4 || r.Int("msgs") != 6 {
		t.Fatalf("counted %d lines, %d parts, %d messages", r.Int("lines"), r.Int("parts"), r.Int("msgs"))
	}
}

func TestBatchBytesBoundsPackets(t *testing.T) {
	cfg := inputConfig(input("a", strings.Repeat("0123456789\n", 9)))
	cfg.BatchMessages, cfg.BatchBytes, cfg.PacketMax = 100, 4*27, 100 // a message is 16 + 1 + 10 bytes
	n := boot(t, cfg)
	var sizes []int
	for step := 0; step < 100 && n.Count("drained") == 0; step++ {
		for _, s := range n.Take() {
			sizes = append(sizes, len(submit(s).Packet.Entries))
			answer(n, s, message.Committed)
		}
	}
	if fmt.Sprint(sizes) != "[4 4 1]" {
		t.Fatalf("packets of %v messages, want 4, 4 and 1", sizes)
	}
}

func TestJournalStaysSmall(t *testing.T) {
	cfg := inputConfig(input("a", strings.Repeat("line\n", 2000)))
	cfg.JournalBytes = 1 << 10
	n := boot(t, cfg)
	largest := 0
	for step := 0; step < 2000 && n.Count("drained") == 0; step++ {
		for _, s := range n.Take() {
			answer(n, s, message.Committed)
			largest = max(largest, len(n.File(fileJournal)))
		}
	}
	if n.Count("outcome") != 1000 || largest > 3<<10 {
		t.Fatalf("%d outcomes, journal of up to %d bytes", n.Count("outcome"), largest)
	}
}

// If a packet's cut is lost in both copies, its id must not be used again.
func TestLostCutsIDIsNotUsedAgain(t *testing.T) {
	key := newFeed(&Input{Name: "a"}, 0, nil).key
	var b []byte
	for range 2 {
		b = appendNote(b, note{kind: noteBase, seq: 1})
		b = appendNote(b, note{kind: noteCut, seq: 1, input: key, at: place{offset: 4, lines: 2}, n: 2})
		at := len(b)
		b = appendNote(b, note{kind: noteCut, seq: 2, input: key, at: place{offset: 8, lines: 4}, first: 4, n: 2})
		b[at+6] ^= 1
		b = appendNote(b, note{kind: noteDone, seq: 1})
	}
	b[len(b)-1] ^= 1
	n := nodetest.New("e1", 1)
	n.SetFile(fileJournal, b)
	n.MustBoot(Boot(inputConfig(input("a", "1\n2\n3\n4\n"))))
	got := drain(n)
	if len(got) != 1 || !strings.HasSuffix(got[0], " a:3,a:4") || strings.HasPrefix(got[0], "e1/0/2 ") {
		t.Fatalf("packets %q, want the lines 3 and 4 under an id far from 2", got)
	}
	if !strings.Contains(n.Records("input")[0].Str("err"), "damaged") {
		t.Fatal("damage was not told")
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

// At a high rate the messages of a moment share a packet.
func TestInputRateFillsPackets(t *testing.T) {
	cfg := inputConfig(input("a", strings.Repeat("x\n", 1001)))
	cfg.InputRate, cfg.BufferPackets, cfg.BatchMessages = 500, 1000, 100
	n := boot(t, cfg)
	n.Advance(time.Second)
	sizes, total := map[int]int{}, 0
	take := func() {
		for _, s := range n.Take() {
			k := len(submit(s).Packet.Entries)
			sizes[k]++
			total += k
		}
	}
	take()
	if total < 490 || total > 501 || sizes[10] < 49 {
		t.Fatalf("%d messages in a second of 500 a second, packets by size %v", total, sizes)
	}
	n.Advance(2 * time.Second)
	take()
	if total != 1001 || sizes[1] != 1 {
		t.Fatalf("%d messages in all, packets by size %v", total, sizes)
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
		if keep < len(noteMagic) {
			keep = 0 // after a partial append these bytes may look like damage
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
		if wrong := c.n.Misjudged(); wrong != nil {
			t.Fatalf("measured otherwise than logged: %q", wrong)
		}
	})
}

// One flipped bit in the journal: no id is used for two contents, and no line is
// lost, though some may come twice under another id.
func TestDamagedJournalLosesNoLine(t *testing.T) {
	cfg := inputConfig(input("a", "1\n2\n3\n4\n5\n"), input("b", "6\n7\n8\n9\n"))
	life := func() (*nodetest.Node, map[string]string, map[string]bool) {
		n := boot(t, cfg)
		contents, delivered := map[string]string{}, map[string]bool{}
		for i, s := range n.Take() {
			contents[submit(s).Packet.ID.String()] = texts(submit(s).Packet)
			if i == 1 {
				answer(n, s, message.Committed)
				delivered[texts(submit(s).Packet)] = true
			}
		}
		n.Crash()
		return n, contents, delivered
	}
	n, _, _ := life()
	size := len(n.File(fileJournal))
	for at := 0; at < size; at++ {
		n, contents, delivered := life()
		journal := n.File(fileJournal)
		journal[at] ^= 4
		n.SetFile(fileJournal, journal)
		n.MustBoot(Boot(cfg))
		for _, p := range drain(n) {
			id, text, _ := strings.Cut(p, " ")
			if old, ok := contents[id]; ok && old != text {
				t.Fatalf("byte %d: packet %s was %q and is %q", at, id, old, text)
			}
			delivered[text] = true
		}
		all := fmt.Sprint(delivered)
		for _, line := range []string{"a:1", "a:2", "a:3", "a:4", "a:5", "b:6", "b:7", "b:8", "b:9"} {
			if !strings.Contains(all, line) {
				t.Errorf("byte %d: line %s is lost: %s, %v", at, line, all, n.Story("file", "err"))
			}
		}
	}
}

// FuzzJournal: whatever the journal holds, replay ends and gives ascending
// packets between its bounds.
func FuzzJournal(f *testing.F) {
	var b []byte
	b = appendNote(b, note{kind: noteBase, seq: 3})
	b = appendNote(b, note{kind: noteCut, seq: 3, at: place{offset: 70, lines: 4}, input: 9, first: 50, n: 2, hash: 7})
	b = appendNote(b, note{kind: noteCut, seq: 4, at: place{offset: 90, part: 2}, input: 9, first: 70, n: 1})
	b = appendNote(b, note{kind: noteDone, seq: 3})
	b = appendNote(b, note{kind: noteEnd, seq: 5, input: 8, at: place{offset: 2}, n: 1})
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
