package distributor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
)

func spoolConfig() Config {
	cfg := baseConfig()
	cfg.Spool = Spool{Bytes: 1 << 20}
	cfg.Hold = 200 * time.Millisecond
	return cfg
}

// startSpool boots a distributor with a spool whose disk the test completes, once it has
// read what there is.
func startSpool(t *testing.T, cfg Config) *bench {
	b := start(t, cfg)
	b.run(10 * time.Millisecond)
	b.AutoDisk = false
	return b
}

// outs are the outcomes told so far.
func (b *bench) outs() (all []message.Outcome) {
	for _, r := range b.results {
		all = append(all, r.Out)
	}
	return all
}

// TestSpoolAcknowledges holds that a packet is acknowledged once it is durable and not
// before, and given to an analyser then; one submitted meanwhile shares the answer.
func TestSpoolAcknowledges(t *testing.T) {
	b := startSpool(t, spoolConfig())
	b.submit(1, 2)
	b.submit(2, 2)
	b.submit(1, 2)
	if len(b.results)+len(b.packets) > 0 {
		t.Fatalf("told %v and sent %d before anything was durable", b.outs(), len(b.packets))
	}
	b.CompleteAll()
	b.take()
	if want := []message.Outcome{message.Spooled, message.Spooled}; !slices.Equal(b.outs(), want) {
		t.Fatalf("told %v, want %v", b.outs(), want)
	}
	b.receipt(b.next(), message.StCommitted)
	b.receipt(b.next(), message.StPoison)
	b.CompleteAll()
	b.take()
	b.submit(1, 2) // both answers were lost
	b.submit(2, 2)
	if want := []message.Outcome{message.Committed, message.Poisoned}; !slices.Equal(b.outs()[2:], want) {
		t.Fatalf("told %v of what is over, want %v", b.outs()[2:], want)
	}
	if why := b.why("unspool"); !slices.Equal(why, []string{"committed", "dead"}) {
		t.Fatalf("left the spool as %v", why)
	}
}

// TestSpoolOutlives holds that what was acknowledged is sent after a crash, what is over is
// not, and that analysers are told to forget nothing that is held.
func TestSpoolOutlives(t *testing.T) {
	b := startSpool(t, spoolConfig())
	b.AutoDisk = true
	for seq := uint64(1); seq <= 3; seq++ {
		b.Ask(emitter, Ingress, &message.Submit{Packet: packet(seq, 1), AckedBelow: 1})
		b.take()
	}
	b.receipt(b.next(), message.StCommitted)
	b.run(time.Second) // the mark is written, and durable with the next packet
	b.submit(4, 1)
	b.Crash()
	b.restart(spoolConfig())
	b.run(time.Second)
	if got := len(b.packets); got != 3 {
		t.Fatalf("%d packets are sent after the crash, want 3", got)
	}
	for _, s := range b.packets {
		m := s.Msg.(*message.Dispatch)
		if m.Packet.ID.Seq < 2 || m.AckedBelow > 2 || m.Packet.Verify() != nil {
			t.Fatalf("%s is sent with acked_below %d", m.Packet.ID, m.AckedBelow)
		}
	}
	b.submit(1, 1)
	if out := b.outs()[len(b.outs())-1]; out != message.Committed { // known by its mark
		t.Fatalf("what was over before the crash is told %v", out)
	}
}

// TestSpoolOutdated holds that a copy which comes after its source had an outcome is not
// taken in: analysers are told so with the packets that workers have.
func TestSpoolOutdated(t *testing.T) {
	b := startSpool(t, spoolConfig())
	b.AutoDisk = true
	b.Ask(emitter, Ingress, &message.Submit{Packet: packet(9, 1), AckedBelow: 8})
	b.Ask(emitter, Ingress, &message.Submit{Packet: packet(7, 1), AckedBelow: 5})
	b.Ask(emitter, Ingress, &message.Submit{Packet: packet(8, 1), AckedBelow: 5})
	b.take()
	if want := []message.Outcome{message.Spooled, message.RefusedSubmit, message.Spooled}; !slices.Equal(b.outs(), want) || b.results[1].Why != "outdated" {
		t.Fatalf("told %v, want %v", b.outs(), want)
	}
	if len(b.packets) != 2 {
		t.Fatalf("%d packets were sent, want 2", len(b.packets))
	}
}

// TestSpoolTorn crashes in the middle of the append: nobody was told, and nothing is lost
// or made up.
func TestSpoolTorn(t *testing.T) {
	for _, keep := range []int{0, 3, 20, 30, 40, 45} {
		b := startSpool(t, spoolConfig())
		b.submit(1, 1)
		b.CompleteAll()
		b.take()
		b.submit(2, 1)
		b.Tear(keep)
		b.AutoDisk = true
		b.restart(spoolConfig())
		b.run(time.Second)
		r := b.Records("regain")
		if len(b.outs()) != 1 || len(b.packets) != 1 || r[len(r)-1].Str("set") != "" {
			t.Fatalf("%d bytes kept: told %v, sent %d, regained %v", keep, b.outs(), len(b.packets), r[len(r)-1])
		}
	}
}

// TestSpoolDiskFull holds that a full disk refuses, says why and when to come again, and
// that what is held is served.
func TestSpoolDiskFull(t *testing.T) {
	b := startSpool(t, spoolConfig())
	b.submit(1, 1)
	b.CompleteAll()
	b.take()
	first := b.next()
	b.submit(2, 1)
	b.FailDisk(node.ErrDiskFull, 30)
	b.take()
	last := b.results[len(b.results)-1]
	if last.Out != message.RefusedSubmit || last.Why != "disk_full" || last.Wait <= 0 {
		t.Fatalf("told %+v", last)
	}
	b.AutoDisk = true
	b.receipt(first, message.StCommitted)
	b.submit(2, 1)
	b.receipt(b.await(), message.StCommitted)
	b.run(time.Second)
	b.submit(3, 1) // makes the marks durable
	b.Crash()
	b.restart(spoolConfig())
	b.run(time.Second)
	if r := b.Records("regain"); len(b.packets) != 1 || r[len(r)-1].Str("set") != "" {
		t.Fatalf("%d packets again, %v", len(b.packets), r[len(r)-1])
	}
}

// TestSpoolWaits holds that a packet that its worker gave up is tried again for ever, from
// memory or from disk, in the order in which they came.
func TestSpoolWaits(t *testing.T) {
	cfg := spoolConfig()
	cfg.QueueItems, cfg.QueueBytes = 2, 400 // most packets are on disk only
	b := start(t, cfg)
	b.sick = map[string]bool{"a1": true, "a2": true, "a3": true}
	b.run(5 * time.Second)
	for seq := uint64(1); seq <= 9; seq++ {
		b.submit(seq, 3)
	}
	b.run(20 * time.Second)
	if len(b.why("gave_up")) < 20 || len(b.results) != 9 {
		t.Fatalf("given up %d times, %d results", len(b.why("gave_up")), len(b.results))
	}
	clear(b.sick)
	b.packets = nil
	got := map[uint64]bool{}
	for len(got) < 9 {
		s := b.await()
		got[s.Msg.(*message.Dispatch).Packet.ID.Seq] = true
		b.receipt(s, message.StCommitted)
	}
	b.run(time.Second)
	if held := b.Lines(); !strings.Contains(held[len(held)-1]+held[len(held)-2]+held[len(held)-3], `"on":false`) && len(b.why("unspool")) != 9 {
		t.Fatalf("%v left the spool", b.why("unspool"))
	}
}

// TestSpoolExpires holds that old packets go to the dead letters with their reason.
func TestSpoolExpires(t *testing.T) {
	cfg := spoolConfig()
	cfg.Spool.Age = 3 * time.Second
	b := start(t, cfg)
	b.sick = map[string]bool{"a1": true, "a2": true, "a3": true}
	b.run(5 * time.Second)
	b.submit(1, 1)
	b.run(10 * time.Second)
	if why := b.why("unspool"); !slices.Equal(why, []string{"expired"}) {
		t.Fatalf("left the spool as %v", why)
	}
	if dead := string(b.File("dead.spool")); !strings.Contains(dead, `"id":"e1/1/1","why":"expired"`) {
		t.Fatalf("the dead letters are %q", dead)
	}
	b.submit(1, 1) // it may come again
	if out := b.outs(); out[len(out)-1] != message.Spooled {
		t.Fatalf("told %v", out)
	}
}

// TestSpoolDamaged holds that what rots while it waits on disk is found when it is read.
func TestSpoolDamaged(t *testing.T) {
	cfg := spoolConfig()
	cfg.QueueItems, cfg.QueueBytes = 1, 100
	b := start(t, cfg)
	b.run(10 * time.Millisecond)
	for seq := uint64(1); seq <= 3; seq++ {
		b.submit(seq, 3)
	}
	f := b.File("spool.0")
	f[len(f)*5/6] ^= 1
	b.SetFile("spool.0", f)
	b.receipt(b.next(), message.StCommitted)
	b.receipt(b.await(), message.StCommitted)
	b.run(time.Second)
	if why := b.why("unspool"); !slices.Equal(why, []string{"committed", "committed", "damaged"}) {
		t.Fatalf("left the spool as %v", why)
	}
}

// TestSpoolStops holds that a stop with all analysers away ends, admits nothing more, and
// leaves what it has for the next incarnation.
func TestSpoolStops(t *testing.T) {
	cfg := spoolConfig()
	b := start(t, cfg)
	b.sick = map[string]bool{"a1": true, "a2": true, "a3": true}
	b.run(5 * time.Second)
	b.submit(1, 1)
	b.Stop()
	b.run(15 * time.Second)
	if !b.Exited {
		t.Fatalf("still runs: %v", b.tail())
	}
	clear(b.sick)
	b.restart(cfg)
	b.run(time.Second)
	b.receipt(b.await(), message.StCommitted)
	if why := b.why("unspool"); !slices.Equal(why, []string{"committed"}) {
		t.Fatalf("left the spool as %v", why)
	}
}

// TestSpoolStaysOpen holds that a small spool that was full has room again once all is
// over, however large its only file became, and that what can never fit is told so.
func TestSpoolStaysOpen(t *testing.T) {
	cfg := spoolConfig()
	cfg.Spool.Bytes, cfg.QueueBytes = 64<<10, 1<<20
	b := startSpool(t, cfg)
	large := func(seq uint64, size int) message.Outcome {
		p := message.NewPacket(message.ID{Source: "e1", Inc: 1, Seq: seq}, []message.Entry{{Text: strings.Repeat("x", size)}})
		b.Ask(emitter, Ingress, &message.Submit{Packet: p, AckedBelow: 1})
		b.take()
		if len(b.results) == 0 {
			return message.Committed
		}
		return b.results[len(b.results)-1].Out
	}
	b.submit(1, 1)
	large(2, 30<<10)
	large(3, 30<<10) // both in one append, to one file
	b.CompleteAll()
	b.AutoDisk = true
	b.take()
	if out := large(4, 30<<10); out != message.RefusedSubmit {
		t.Fatalf("told %v of what does not fit now", out)
	}
	for len(b.packets) > 0 {
		b.receipt(b.next(), message.StCommitted)
	}
	b.run(2 * time.Second)
	if out := large(4, 30<<10); out != message.Spooled {
		t.Fatalf("told %v with nothing held", out)
	}
	if out := large(5, 63<<10); out != message.Poisoned || b.results[len(b.results)-1].Why != "size" {
		t.Fatalf("told %v of what never fits", out)
	}
}

// TestSpoolLimits holds a spool to its bytes and its number of packets.
func TestSpoolLimits(t *testing.T) {
	cfg := spoolConfig()
	cfg.Spool.Items = 2
	b := start(t, cfg)
	b.run(10 * time.Millisecond)
	for seq := uint64(1); seq <= 3; seq++ {
		b.submit(seq, 1)
	}
	if r := b.results[2]; r.Out != message.RefusedSubmit || r.Why != "spool_full" || r.Wait <= 0 {
		t.Fatalf("told %+v", r)
	}
	for _, bad := range []Spool{{Age: time.Second}, {Bytes: 1}, {Bytes: 3 << 30}, {Bytes: 1 << 20, Items: -1}, {Bytes: 1 << 20, Age: time.Millisecond}, {Bytes: 1 << 20, Retry: -1}} {
		cfg.Spool = bad
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "distributor: spool: ") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
