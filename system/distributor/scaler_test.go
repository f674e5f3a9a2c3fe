package distributor

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/scale"
)

// dial is a gauge in a test's hands.
type dial struct{ load Load }

func (d *dial) Load() Load { return d.load }

// scaled starts a distributor whose workers follow a dial, one decision a second.
func scaled(t *testing.T, change func(*Config)) (*bench, *dial) {
	cfg := baseConfig()
	cfg.AttemptTimeout = time.Minute
	cfg.Autoscale = scale.Config{Max: 4, Every: time.Second, CPU: 500, WindowDown: scale.None, CooldownDown: scale.None}
	if change != nil {
		change(&cfg)
	}
	d := &dial{}
	b := startBoot(t, BootGauged(cfg, func() Gauge { return d }))
	return b, d
}

// crewOf lists what became of workers: w2+ hired, w2- retiring, w2. gone.
func (b *bench) crewOf() string {
	var list []string
	for _, r := range b.Records("crew") {
		list = append(list, r.Str("w")+map[string]string{"hired": "+", "retiring": "-", "gone": "."}[r.Str("st")])
	}
	return strings.Join(list, " ")
}

func (b *bench) misjudged() {
	b.t.Helper()
	for _, wrong := range b.Misjudged() {
		b.t.Error(wrong)
	}
}

// TestScale holds that workers come and go with the load, in every state and with
// central detection, that each gets packets once it is there and none once it is to go,
// and that nothing is lost on the way, counts included.
func TestScale(t *testing.T) {
	for _, c := range []func(*Config){
		func(*Config) {}, func(c *Config) { c.State = Shared }, func(c *Config) { c.Central = true }, func(c *Config) { c.Policy = "random" },
	} {
		b, d := scaled(t, c)
		d.load.Cores = 1.4 // three workers of 500
		b.run(time.Second)
		if got := b.crewOf(); got != "w2+ w3+" {
			t.Fatalf("crew %s", got)
		}
		for seq := uint64(1); seq <= 30; seq++ {
			b.submit(seq, 1)
		}
		by := map[string]int{}
		for _, r := range b.Records("admit") {
			by[r.Str("w")]++
		}
		if by["w1"] != 10 || by["w2"] != 10 || by["w3"] != 10 {
			t.Fatalf("shared out as %v", by)
		}
		d.load.Cores = 0.1
		b.run(2 * time.Second)
		if got := b.crewOf(); got != "w2+ w3+ w3- w2-" {
			t.Fatalf("with packets in progress: crew %s", got)
		}
		b.submit(31, 1)
		if w := b.Last("admit").Str("w"); w != "w1" {
			t.Errorf("a worker that is to go got a packet: %s", w)
		}
		for len(b.results) < 31 {
			b.receipt(b.await(), message.StCommitted)
		}
		if got := b.crewOf(); got != "w2+ w3+ w3- w2- w3. w2." && got != "w2+ w3+ w3- w2- w2. w3." {
			t.Fatalf("crew %s", got)
		}
		for _, r := range b.results {
			if r.Out != message.Committed {
				t.Errorf("result %+v", r)
			}
		}
		b.misjudged()
		d.load.Cores = 9
		b.run(time.Second)
		if got := b.crewOf(); !strings.HasSuffix(got, " w4+ w5+ w6+") {
			t.Errorf("names are used again: %s", got)
		}
		b.submit(32, 1)
		b.receipt(b.next(), message.StCommitted)
		b.Stop()
		for _, k := range []string{"admitted", "picks", "done"} {
			if b.Counter(k) != 32 {
				t.Errorf("counter %s is %d", k, b.Counter(k))
			}
		}
		if !b.Exited {
			t.Error("the node did not exit")
		}
	}
}

// TestScaleSignals holds what a decision shows of each signal, and that one without a
// value changes nothing.
func TestScaleSignals(t *testing.T) {
	b, d := scaled(t, func(c *Config) {
		c.Workers = 2
		c.Autoscale.Wait, c.Autoscale.Response, c.Autoscale.Memory, c.Autoscale.Emitters = time.Millisecond, 10*time.Second, 900, 3
	})
	d.load = Load{Cores: 0.9, Memory: 0.25}
	b.submit(1, 1)
	s := b.next()
	b.Advance(400 * time.Millisecond)
	b.receipt(s, message.StCommitted)
	b.run(1600 * time.Millisecond)
	want := "wait=0/1000000,response=400000000/10000000000,cpu=450/500,memory=250/900,emitters=500/3000"
	if r := b.Last("scale"); r.Str("set") != want || r.Int("to") != 2 || r.Str("why") != "steady" {
		t.Errorf("decision %v, want %s", b.tail(), want)
	}
	for _, x := range []float64{math.NaN(), math.Inf(1), -1} {
		d.load = Load{Cores: x, Memory: x}
		b.run(time.Second)
		if r := b.Last("scale"); !strings.Contains(r.Str("set"), "cpu=-/500,memory=-/900") || r.Int("to") != 2 {
			t.Errorf("%v: decision %v", x, b.tail())
		}
	}
	b.run(callerGone)
	if set := b.Last("scale").Str("set"); !strings.HasSuffix(set, "emitters=0/3000") {
		t.Errorf("nobody submits any more: %s", set)
	}
	b.misjudged()
}

// TestScaleBlind holds that without a gauge nothing changes.
func TestScaleBlind(t *testing.T) {
	cfg := baseConfig()
	cfg.Autoscale, cfg.Workers = scale.Config{Max: 4, Every: time.Second}, 3
	b := start(t, cfg)
	b.run(20 * time.Second)
	if r := b.Last("scale"); r.Str("set") != "cpu=-/700" || r.Int("to") != 3 || r.Str("why") != "blind" || b.crewOf() != "" {
		t.Error(b.tail())
	}
}

// TestScaleStuck holds that a worker that does not answer counts for the wait, for as
// long as it has not answered.
func TestScaleStuck(t *testing.T) {
	b, _ := scaled(t, func(c *Config) { c.Autoscale.Wait = 100 * time.Millisecond })
	b.deaf = "w1"
	b.run(3 * time.Second)
	if r := b.Last("scale"); !strings.HasPrefix(r.Str("set"), "wait=2000000000/") {
		t.Error(b.tail())
	}
}

// TestScaleDownWaits holds that a worker goes only when its retries are over and its
// dead letters are on disk.
func TestScaleDownWaits(t *testing.T) {
	b, d := scaled(t, func(c *Config) { c.Workers = 2 })
	b.AutoDisk = false
	for seq := uint64(1); seq <= 4; seq++ {
		b.submit(seq, 1)
	}
	mine := map[string][]int{}
	for i, s := range b.packets {
		mine[s.Actor] = append(mine[s.Actor], i)
	}
	retried, poisoned := b.packets[mine["w2"][0]], b.packets[mine["w2"][1]]
	b.packets = nil
	d.load.Cores = 0.1
	b.run(200 * time.Millisecond)
	b.receipt(retried, message.StBusy)
	b.receipt(poisoned, message.StPoison)
	b.run(900 * time.Millisecond)
	if got := b.crewOf(); got != "w2-" {
		t.Fatalf("crew %s", got)
	}
	var again *int
	for i := range b.packets {
		if b.packets[i].Actor == "w2" {
			again = &i
		}
	}
	if again == nil {
		t.Fatalf("no retry: %v", b.tail())
	}
	b.receipt(b.packets[*again], message.StCommitted)
	if got := b.crewOf(); got != "w2-" {
		t.Fatalf("gone before its dead letter was written: %s", got)
	}
	b.AutoDisk = true
	b.CompleteAll()
	b.run(10 * time.Millisecond)
	if got := b.crewOf(); got != "w2- w2." {
		t.Fatalf("crew %s", got)
	}
	if !slices.ContainsFunc(b.results, func(r *message.Result) bool { return r.Out == message.Poisoned }) {
		t.Errorf("results %v", b.results)
	}
	b.misjudged()
}

// TestScaleWhileStopping holds that a stop ends a worker that is on its way out with all
// others, counts included.
func TestScaleWhileStopping(t *testing.T) {
	for _, state := range []State{Local, Shared} {
		b, d := scaled(t, func(c *Config) { c.Workers, c.State = 3, state })
		for seq := uint64(1); seq <= 6; seq++ {
			b.submit(seq, 1)
		}
		d.load.Cores = 0.1
		b.run(900 * time.Millisecond)
		packets := b.packets
		b.packets = nil
		b.run(100 * time.Millisecond)
		b.Stop()
		for _, s := range packets {
			b.receipt(s, message.StCommitted)
		}
		if !b.Exited || b.Counter("done") != 6 || b.Counter("picks") != 6 {
			t.Errorf("%s: exited %v, done %d: %v", state, b.Exited, b.Counter("done"), b.tail())
		}
	}
}

// TestScaleTable holds that a new worker begins with the newest table and, with central
// detection, the verdicts in force, and with a place for its dead letters that is free.
func TestScaleTable(t *testing.T) {
	b, d := scaled(t, nil)
	b.order(`{"op":"weight","id":"a1","weight":9}`)
	d.load.Cores = 0.9
	b.run(time.Second)
	first := ""
	for _, r := range b.Records("view") {
		if r.Actor == "w2" && first == "" {
			first = fmt.Sprint(r.Int("v"), r.Int("ver"), r.Str("set"))
		}
	}
	if first != "1 2a1=9:up,a2=1:up,a3=2:up" {
		t.Errorf("first view %s", first)
	}
	var files []string
	for range 3 { // w2, w3 and w4 come and go in the same place
		for len(b.Records("admit")) == 0 || b.Last("admit").Str("w") == "w1" {
			b.submit(b.fresh(), 1)
		}
		for len(b.packets) > 0 {
			s := b.next()
			if s.Actor == "w1" {
				b.receipt(s, message.StCommitted)
			} else {
				b.receipt(s, message.StPoison)
			}
		}
		d.load.Cores = 0.1
		b.run(time.Second)
		d.load.Cores = 0.9
		b.run(time.Second)
		b.submit(b.fresh(), 1)
		b.receipt(b.next(), message.StCommitted)
	}
	for _, name := range []string{"dead.w1", "dead.w2", "dead.w3", "dead.w4"} {
		if b.File(name) != nil {
			files = append(files, name)
		}
	}
	if got := strings.Join(files, " "); got != "dead.w2" || strings.Count(string(b.File("dead.w2")), "\n") < 3 {
		t.Errorf("dead-letter files %s with %d lines; crew %s", got, strings.Count(string(b.File("dead.w2")), "\n"), b.crewOf())
	}
}

// TestScaleFullMailboxes holds that what a full mailbox refuses is sent later, in order.
func TestScaleFullMailboxes(t *testing.T) {
	b, d := scaled(t, nil)
	full := true
	b.SendErr = func(to node.Addr, m node.Message) error {
		if to.Actor == Ingress && full {
			return node.ErrFull
		}
		return nil
	}
	d.load.Cores = 1.4
	b.run(time.Second)
	d.load.Cores = 0.1
	b.run(2 * time.Second)
	if got := b.crewOf(); got != "w2+ w3+ w3- w2-" {
		t.Fatalf("crew %s", got)
	}
	full = false
	b.run(100 * time.Millisecond)
	if got := b.crewOf(); got != "w2+ w3+ w3- w2- w3. w2." {
		t.Errorf("crew %s", got)
	}
}

func TestCallers(t *testing.T) {
	var c callers
	for i := range callersMost + 5 {
		c.note(fmt.Sprint("e", i), time.Duration(i)*time.Millisecond)
	}
	if n := c.count(time.Duration(callersMost) * time.Millisecond); n != callersMost {
		t.Errorf("%d callers", n)
	}
	c.note("e1", 20*time.Second)
	if n := c.count(callerGone + 5*time.Second); n != callersMost-5000+1 || len(c.at) != n {
		t.Errorf("%d callers, %d names", n, len(c.at))
	}
	for name, i := range c.at {
		if c.list[i].name != name {
			t.Fatalf("%s stands for %s", name, c.list[i].name)
		}
	}
}
