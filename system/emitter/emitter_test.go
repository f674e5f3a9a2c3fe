package emitter

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/system/emitter/lines"
	"weir/system/message"
	"weir/system/node"
	"weir/system/node/nodetest"
)

func config(g Generator) Config {
	if g.RateMilli == 0 {
		g.RateMilli = 10_000 // ten a second
	}
	if g.Until == 0 && g.Packets == 0 {
		g.Packets = 3
	}
	return Config{Distributors: []string{"d1", "d2"}, Generator: &g}
}

func boot(t interface{ Fatalf(string, ...any) }, cfg Config) *nodetest.Node {
	n := nodetest.New("e1", 1)
	if err := n.Boot(Boot(cfg)); err != nil {
		t.Fatalf("boot: %v", err)
	}
	return n
}

func submit(s nodetest.Sent) *message.Submit { return s.Msg.(*message.Submit) }

func answer(n *nodetest.Node, s nodetest.Sent, out message.Outcome) {
	n.Answer(s, &message.Result{ID: submit(s).Packet.ID, Out: out, Definite: out == message.Poisoned})
}

func outcomes(n *nodetest.Node) string {
	var out []string
	for _, r := range n.Records("outcome") {
		out = append(out, r.Str("id")+" "+r.Str("out"))
	}
	return strings.Join(out, ", ")
}

func TestEachPacketGetsItsOutcome(t *testing.T) {
	n := boot(t, config(Generator{MessagesMin: 2}))
	n.Advance(time.Second)
	sent := n.Take()
	if len(sent) != 3 || n.Count("emit") != 3 {
		t.Fatalf("%d sent, %d emitted", len(sent), n.Count("emit"))
	}
	if sent[0].To.Node == sent[1].To.Node || sent[0].To.Node != sent[2].To.Node || sent[0].To.Actor != Ingress {
		t.Fatal("not round robin over the ingresses")
	}
	answer(n, sent[1], message.Poisoned)
	answer(n, sent[0], message.Committed)
	if n.Count("drained") != 0 {
		t.Fatal("drained while a packet is under way")
	}
	answer(n, sent[2], message.Committed)
	answer(n, sent[2], message.Committed) // a copy of the answer
	if got := outcomes(n); got != "e1/1/2 rejected, e1/1/1 acked, e1/1/3 acked" {
		t.Fatalf("outcomes %s", got)
	}
	if n.Count("drained") != 1 {
		t.Fatal("not drained")
	}
	n.Stop()
	for name, want := range map[string]int64{"emitted": 3, "acked": 2, "rejected": 1, "expired": 0, "submits": 3} {
		if got := n.Counter(name); got != want {
			t.Errorf("counter %s %d, want %d", name, got, want)
		}
	}
	if !n.Exited {
		t.Fatal("did not stop")
	}
}

func TestLowWatermarkIsTheOldestWithoutOutcome(t *testing.T) {
	n := boot(t, config(Generator{Packets: 4, RateMilli: 1000}))
	n.Advance(2 * time.Second)
	sent := n.Take()
	answer(n, sent[1], message.Committed)
	n.Advance(time.Second)
	if got := submit(n.Take()[0]).AckedBelow; got != 1 {
		t.Fatalf("low-watermark %d while packet 1 has no outcome", got)
	}
	answer(n, sent[0], message.Committed)
	n.Advance(time.Second)
	if got := submit(n.Take()[0]).AckedBelow; got != 3 {
		t.Fatalf("low-watermark %d, want 3", got)
	}
}

func TestRetryGoesElsewhereUnderTheSameID(t *testing.T) {
	cfg := config(Generator{Packets: 1})
	cfg.SubmitTimeout, cfg.BackoffBase, cfg.JitterPPM = time.Second, 100*time.Millisecond, -1
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	first := n.Take()[0]
	n.Fail(first, node.ErrRefused)
	n.Advance(99 * time.Millisecond)
	if len(n.Take()) != 0 {
		t.Fatal("submitted again before the backoff passed")
	}
	n.Advance(time.Millisecond)
	second := n.Take()[0]
	if second.To.Node == first.To.Node || submit(second).Packet != submit(first).Packet {
		t.Fatal("not the same packet elsewhere")
	}
	n.Advance(time.Second + 200*time.Millisecond) // timeout, longer backoff
	third := n.Take()[0]
	n.Answer(third, &message.Result{ID: submit(third).Packet.ID, Out: message.RefusedSubmit, Why: "queue_full", Wait: 3 * time.Second})
	n.Advance(3*time.Second - 1)
	if len(n.Take()) != 0 {
		t.Fatal("the wait that was asked for was not kept")
	}
	n.Advance(1)
	if len(n.Take()) != 1 {
		t.Fatal("not submitted again after the wait")
	}
	answer(n, second, message.Committed) // late, and good news
	if outcomes(n) != "e1/1/1 acked" || n.Open() != 0 {
		t.Fatalf("outcomes %q, %d open", outcomes(n), n.Open())
	}
}

// An answer to the newest submission that comes after its timeout still says when to
// come again; one to an older submission, or a second copy, does not.
func TestALateAnswerAsksForTime(t *testing.T) {
	cfg := config(Generator{Packets: 1})
	cfg.SubmitTimeout, cfg.BackoffBase, cfg.JitterPPM = time.Second, 100*time.Millisecond, -1
	n := boot(t, cfg)
	n.Advance(100*time.Millisecond + time.Second)
	first := n.Take()[0]
	full := func(s nodetest.Sent, wait time.Duration) {
		n.Answer(s, &message.Result{ID: submit(s).Packet.ID, Out: message.RefusedSubmit, Why: "queue_full", Wait: wait})
	}
	full(first, 3*time.Second)
	full(first, time.Hour)
	n.Advance(3*time.Second - 1)
	if got := len(n.Take()); got != 0 {
		t.Fatal("the wait that a late answer asked for was not kept")
	}
	n.Advance(1)
	if got := n.Take(); len(got) != 1 {
		t.Fatal("not submitted again after the wait")
	}
	n.Advance(time.Second)
	full(first, time.Hour)
	n.Advance(200 * time.Millisecond)
	if got := n.Take(); len(got) != 1 {
		t.Fatal("an answer to an older submission put off the next one")
	}
}

// The answer to a submission that a reset ended may have been under way.
func TestAnAnswerAfterAResetAsksForTime(t *testing.T) {
	cfg := config(Generator{Packets: 1})
	cfg.BackoffBase, cfg.JitterPPM = 100*time.Millisecond, -1
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	first := n.Take()[0]
	n.Fail(first, node.ErrReset)
	n.Answer(first, &message.Result{ID: submit(first).Packet.ID, Out: message.GaveUp, Why: "stopping", Wait: 3 * time.Second})
	n.Advance(3*time.Second - 1)
	if len(n.Take()) != 0 {
		t.Fatal("the wait that was asked for was not kept")
	}
	n.Advance(1)
	if len(n.Take()) != 1 {
		t.Fatal("not submitted again after the wait")
	}
}

// A distributor that failed is left aside for a while, by other packets too, and
// then gets its turn again.
func TestFailedDistributorIsLeftAside(t *testing.T) {
	cfg := config(Generator{RateMilli: 100_000, Until: 3 * time.Second})
	cfg.AvoidFor = time.Second
	n := boot(t, cfg)
	n.Advance(15 * time.Millisecond)
	first := n.Take()[0]
	n.Fail(first, node.ErrRefused)
	sentTo := func(d time.Duration) (same, all int) {
		n.Advance(d)
		for _, s := range n.Take() {
			all++
			if s.To.Node == first.To.Node {
				same++
			}
		}
		return same, all
	}
	if same, all := sentTo(950 * time.Millisecond); same != 0 || all < 90 {
		t.Errorf("within AvoidFor %d of %d went to the one that failed", same, all)
	}
	if same, all := sentTo(time.Second); same < all/3 || all < 90 {
		t.Errorf("after AvoidFor %d of %d went to the one that had failed", same, all)
	}
}

// The one that gave a packet up is not asked next, even if it is its turn.
func TestGivenUpPacketGoesElsewhere(t *testing.T) {
	cfg := config(Generator{Packets: 2, RateMilli: 100_000})
	n := boot(t, cfg)
	n.Advance(30 * time.Millisecond)
	sent := n.Take()
	answer(n, sent[0], message.GaveUp)
	n.Advance(100 * time.Millisecond)
	if again := n.Take(); len(again) != 1 || again[0].To.Node == sent[0].To.Node {
		t.Fatalf("%d sent again, to the same one", len(again))
	}
}

func TestJitterNeverShortensAWaitThatWasAskedFor(t *testing.T) {
	cfg := config(Generator{Packets: 50, RateMilli: 10_000_000})
	cfg.JitterPPM = 1_000_000
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	for _, s := range n.Take() {
		n.Answer(s, &message.Result{ID: submit(s).Packet.ID, Out: message.RefusedSubmit, Wait: time.Second})
	}
	n.Advance(time.Second - 1)
	if got := len(n.Take()); got != 0 {
		t.Fatalf("%d submitted before the wait passed", got)
	}
	n.Advance(time.Second + 1)
	if got := len(n.Take()); got != 50 {
		t.Fatalf("%d of 50 submitted within twice the wait", got)
	}
}

// Packets that failed together do not come back together: the jitter uses its
// whole range, on both sides, and nothing beyond.
func TestJitterSpreadsRetries(t *testing.T) {
	cfg := config(Generator{Packets: 100, RateMilli: 100_000_000})
	cfg.BackoffBase, cfg.JitterPPM = 100*time.Millisecond, 200_000
	n := boot(t, cfg)
	n.Advance(100 * time.Millisecond)
	for _, s := range n.Take() {
		n.Fail(s, node.ErrRefused)
	}
	var after []int // submitted again within 80, 90, 100, 110 and 120 ms
	n.Advance(70 * time.Millisecond)
	for range 5 {
		n.Advance(10 * time.Millisecond)
		after = append(after, len(n.Take()))
	}
	if after[0] != 0 || min(after[1], after[2], after[3], after[4]) < 10 || after[1]+after[2]+after[3]+after[4] != 100 {
		t.Fatalf("of 100 came again by 80, 90, 100, 110 and 120 ms: %v", after)
	}
}

func TestBackPressureKeepsArrivalsOut(t *testing.T) {
	cfg := config(Generator{Until: 2 * time.Second})
	cfg.BufferPackets = 5
	n := boot(t, cfg)
	n.Advance(1500 * time.Millisecond)
	sent := n.Take()
	if len(sent) != 5 || !n.Last("back").Bool("on") {
		t.Fatalf("%d sent with room for 5", len(sent))
	}
	for _, s := range sent {
		answer(n, s, message.Committed)
	}
	n.Advance(time.Second)
	offered := int(n.Last("kept_out").Int("n")) + n.Count("emit")
	if n.Last("back").Bool("on") || offered != 20 {
		t.Fatalf("%d arrivals in two seconds of ten a second", offered)
	}
}

func TestHorizonExpires(t *testing.T) {
	cfg := config(Generator{Packets: 2})
	cfg.Horizon = 3 * time.Second
	n := boot(t, cfg)
	n.Advance(2 * time.Second)
	sent := n.Take()
	answer(n, sent[1], message.Committed)
	n.Advance(2 * time.Second)
	r := n.Last("outcome")
	if outcomes(n) != "e1/1/2 acked, e1/1/1 expired" || r.Str("why") != "horizon" {
		t.Fatalf("outcomes %s", outcomes(n))
	}
	answer(n, sent[0], message.Committed)
	if n.Count("outcome") != 2 {
		t.Fatal("an expired packet got a second outcome")
	}
}

func TestStopWaitsForOutcomesAndExpiresNothing(t *testing.T) {
	cfg := config(Generator{Until: time.Hour})
	cfg.Horizon, cfg.DrainMax = time.Second, 5*time.Second
	n := boot(t, cfg)
	n.Advance(500 * time.Millisecond)
	n.Stop()
	n.Advance(4 * time.Second)
	if n.Exited || n.Count("outcome") != 0 {
		t.Fatal("a stop must wait, and expire nothing")
	}
	n.Advance(time.Second)
	if !n.Exited || n.Counter("emitted") != int64(n.Count("emit")) {
		t.Fatal("the longest drain is not kept")
	}
}

func TestCutsGiantsAndPoison(t *testing.T) {
	cfg := config(Generator{Packets: 9, MessagesMin: 3, GiantEvery: 2, GiantMessages: 25, PoisonEvery: 3, PoisonBytes: 5000})
	cfg.PacketMax = 10
	n := boot(t, cfg)
	n.Advance(2 * time.Second)
	var sizes []string
	for _, s := range n.Take() {
		p := submit(s).Packet
		poison := ""
		for _, e := range p.Entries {
			if len(e.Text) == 5000 {
				poison = "!"
			}
		}
		sizes = append(sizes, fmt.Sprint(len(p.Entries))+poison)
		if p.Verify() != nil {
			t.Error(p.Verify())
		}
	}
	if got := strings.Join(sizes, " "); got != "3 10 10 5 3! 10 10 5 3" {
		t.Fatalf("sizes %s", got)
	}
}

func TestLingerFillsPackets(t *testing.T) {
	cfg := config(Generator{Until: time.Second})
	cfg.BatchMessages, cfg.Linger = 4, 350*time.Millisecond
	n := boot(t, cfg)
	n.Advance(2 * time.Second)
	total := 0
	for _, s := range n.Take() {
		k := len(submit(s).Packet.Entries)
		if k > 4 {
			t.Errorf("packet of %d messages", k)
		}
		total += k
	}
	if emits := n.Count("emit"); total != 10 || emits != 3 {
		t.Fatalf("%d messages in %d packets, want 10 in 3", total, emits)
	}
}

func TestLoadDocuments(t *testing.T) {
	n := boot(t, config(Generator{Until: 100 * time.Second}))
	op := node.Addr{Node: "op", Actor: "operate"}
	count := func(d time.Duration) int {
		before := n.Count("emit")
		n.Advance(d)
		return n.Count("emit") - before
	}
	load := func(doc string) *message.ControlOK {
		n.Take()
		n.Ask(op, Actor, &message.Control{Doc: []byte(doc)})
		return n.Take()[0].Msg.(*message.ControlOK)
	}
	if got := count(10 * time.Second); got != 100 {
		t.Fatalf("%d arrivals at the normal rate", got)
	}
	for _, step := range []struct {
		percent, low, high int
	}{{300, 299, 301}, {0, 0, 0}, {50, 49, 51}, {100, 99, 101}} {
		if ok := load(fmt.Sprintf(`{"op":"load","percent":%d}`, step.percent)); !ok.OK {
			t.Fatalf("refused: %s", ok.Why)
		}
		if got := count(10 * time.Second); got < step.low || got > step.high {
			t.Fatalf("%d arrivals in 10 s at %d %%", got, step.percent)
		}
	}
	bad := []string{``, `[]`, `{"op":"load"}`, `{"percent":5}`, `{"op":"load","percent":-1}`, `{"op":"load","percent":1.5}`, `{"op":"load","percent":NaN}`,
		`{"op":"load","percent":1e2}`, `{"op":"load","percent":10001}`, `{"op":"load","percent":5,"x":1}`, `{"op":"load","percent":5,"percent":6}`,
		`{"op":"load","percent":5} 1`, `{"op":"load","percent":"5"}`, `{"Op":"load","percent":5}`, `{"op":"drain","percent":5}`, `{"op":"load","percent":{}}`}
	for _, doc := range bad {
		if ok := load(doc); ok.OK || ok.Why == "" || ok.Version != 4 {
			t.Errorf("%s: %+v", doc, ok)
		}
	}
}

// Whatever the distributors answer, every packet gets exactly one outcome, and
// the buffer's bound holds.
func TestExactlyOneOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := config(Generator{Packets: 30, RateMilli: 100_000, Arrivals: Arrivals(rapid.IntRange(0, 2).Draw(t, "arrivals"))})
		cfg.BufferPackets, cfg.SubmitTimeout, cfg.BackoffMax = 8, 300*time.Millisecond, 200*time.Millisecond
		if rapid.Bool().Draw(t, "horizon") {
			cfg.Horizon = 2 * time.Second
		}
		n := boot(t, cfg)
		var old []nodetest.Sent
		for step := 0; step < 400 && n.Count("drained") == 0; step++ {
			n.Advance(time.Duration(rapid.IntRange(0, 100).Draw(t, "ms")) * time.Millisecond)
			old = append(old, n.Take()...)
			if len(old) == 0 {
				continue
			}
			i := rapid.IntRange(0, len(old)-1).Draw(t, "which")
			switch k := rapid.IntRange(0, 5).Draw(t, "answer"); k {
			case 0:
				n.Fail(old[i], node.ErrReset)
			case 1, 2, 3:
				answer(n, old[i], []message.Outcome{message.Committed, message.GaveUp, message.RefusedSubmit}[k-1])
			case 4:
				continue // lost: the timeout will tell
			case 5:
				n.Answer(old[i], &message.Result{ID: message.ID{Source: "e1", Inc: 1, Seq: 999}, Out: message.Committed})
			}
		}
		for step := 0; step < 1000 && n.Count("drained") == 0; step++ {
			n.Advance(100 * time.Millisecond)
			for _, s := range n.Take() {
				answer(n, s, message.Committed)
			}
		}
		seen := map[string]int{}
		for _, r := range n.Records("outcome") {
			seen[r.Str("id")]++
		}
		for _, r := range n.Records("emit") {
			if id := r.Str("id"); seen[id] != 1 {
				t.Fatalf("packet %s has %d outcomes", id, seen[id])
			}
		}
		if len(seen) != 30 || n.Count("drained") != 1 || n.Open() != 0 {
			t.Fatalf("%d outcomes, drained %d times, %d requests open", len(seen), n.Count("drained"), n.Open())
		}
		if wrong := n.Misjudged(); wrong != nil {
			t.Fatalf("measured otherwise than logged: %q", wrong)
		}
	})
}

// The defaults are those that the comments name.
func TestDefaults(t *testing.T) {
	want := Config{
		PacketMax: 100, BatchMessages: 100, BatchBytes: 256 << 10, BufferPackets: 1024, BufferBytes: 64 << 20, SpanMax: 16 << 10,
		SubmitTimeout: 5 * time.Second, BackoffBase: 50 * time.Millisecond, BackoffMax: 2 * time.Second, JitterPPM: 200_000,
		AvoidFor: time.Second, DrainMax: 10 * time.Second, JournalBytes: 1 << 20,
		Lines:     lines.Config{}.WithDefaults(),
		Generator: &Generator{BurstSize: 10, MessagesMin: 1, MessagesMax: 1, TextBytes: 120, PoisonBytes: 256<<10 + 1},
	}
	if got := (Config{Generator: &Generator{}}).WithDefaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("defaults %+v, want %+v", got, want)
	}
}

func TestConfigReportsAllErrors(t *testing.T) {
	bad := Config{Distributors: []string{"a b", "d", "d"}, Generator: &Generator{RateMilli: -1}, PacketMax: -2, Horizon: -3, BackoffBase: time.Hour, JitterPPM: 2_000_000, DrainMax: math.MaxInt64}
	err := bad.Validate()
	for _, w := range []string{`"a b"`, `"d" is given twice`, "rate (per 1000 s) -1", "never end", "packet -2", "horizon -3ns", "longest backoff 2s", "jitter 2000000", "drain 2562047h"} {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("error %v does not mention %q", err, w)
		}
	}
	if err := (Config{}).Validate(); err == nil || !strings.Contains(err.Error(), "no distributor") || !strings.Contains(err.Error(), "either") {
		t.Errorf("empty configuration: %v", err)
	}
}
