package simfault_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/faults"
	"weir/sim"
)

// phrases are what a random plan is made of; @ is a node.
var phrases = []string{
	"crash @", "crash @ silent", "restart @", "stop @", "pause @", "resume @", "pause q/side", "pause q/pong", "resume q/side",
	"pause p/nobody", "slow @ 400%", "normal @", "load @ 200%", "unload @", "configure @ '{}'", "drain @ a1", "misconfigure @ garbage",
	"cut p -> q data", "cut p <-> q", "heal p -> q", "hold p <-> q acks", "hold q -> p", "release p <-> q", "mend p <-> q",
	"impair p <-> q loss 30% duplicate 30% jitter 5ms", "impair p -> q data delay 9ms reorder 50% by 7ms", "impair p <-> q corrupt 20% rate 20kB/s",
	"reset p -> q data", "truncate q -> p", "refuse p -> q", "refuse q -> p acks", "refuse p <-> q data",
	"isolate p", "halves", "one_way p <-> q", "swizzle p <-> q over 20ms",
	"skew @ +3s", "jump @ -1s", "drift @ +400000ppm", "drift @ -400000ppm", "freeze @", "thaw @", "resync @",
	"disk_lie @", "disk_honest @", "disk_tear @", "disk_rot q file loose bits 9", "disk_fill @", "disk_free @", "disk_break @",
	"disk_repair @", "disk_stall @", "disk_flow @", "heal all",
}

var genLine = rapid.Custom(func(t *rapid.T) string {
	trigger := fmt.Sprintf("at %dms", rapid.IntRange(0, 700).Draw(t, "at"))
	colon := ""
	if rapid.IntRange(0, 3).Draw(t, "how") == 0 {
		kind := rapid.SampledFrom([]string{"q ping", "p tick", "q/side side", "p failed", "q synced"}).Draw(t, "kind")
		trigger = rapid.SampledFrom([]string{"when ", "every "}).Draw(t, "word") + kind + fmt.Sprint(" ", rapid.IntRange(1, 30).Draw(t, "count"))
		colon = ":"
	}
	node := rapid.SampledFrom([]string{"p", "q", "{p,q}"}).Draw(t, "node")
	phrase := rapid.SampledFrom(phrases).Draw(t, "phrase")
	phrase = strings.ReplaceAll(phrase, "@", node)
	line := fmt.Sprintf("%s for %dms%s %s", trigger, rapid.IntRange(21, 300).Draw(t, "for"), colon, phrase)
	if _, err := faults.Parse(line); err == nil && rapid.Bool().Draw(t, "for?") {
		return line
	}
	return trigger + colon + " " + phrase
})

// begun are the beginnings that make every ending in a random plan a legal one.
const begun = `at 900ms crash {p,q}
	at 900ms pause {p,q}
	at 900ms pause q/side
	at 900ms slow * 200%
	at 900ms load * 200%
	at 900ms cut p <-> q
	at 900ms refuse p <-> q
	at 900ms hold p <-> q
	at 900ms impair p <-> q loss 1%
	at 900ms skew * +1s
	at 900ms freeze *
	at 900ms disk_lie *
	at 900ms disk_fill *
	at 900ms disk_break *
	at 900ms disk_stall *
`

// TestRandomPlans: whatever the plan, nothing breaks, the same seed gives the same bytes, and after the heal
// nothing is in force and pings are answered again.
func TestRandomPlans(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		plan := begun + strings.Join(rapid.SliceOfN(genLine, 1, 25).Draw(r, "plan"), "\n")
		seed := rapid.Uint64().Draw(r, "seed")
		linger := time.Duration(rapid.IntRange(0, 100).Draw(r, "linger")) * ms
		run := func() *table {
			tb := lay(t, plan, func(tb *table, c *sim.Config, _ *sim.NodeConfig) {
				c.Seed, tb.linger, tb.reports = seed, linger, seed&1 == 0
			})
			tb.w.At(750*ms, "heal", func(*sim.World) { tb.in.HealAll() })
			tb.finish()
			return tb
		}
		a, b := run(), run()
		if a.log.String() != b.log.String() || a.w.Hash() != b.w.Hash() {
			r.Fatalf("two runs of one seed differ under\n%s", plan)
		}
		if n := a.in.ActiveStates(); n != 0 {
			r.Fatalf("%d states in force after the heal:\n%s\n%v", n, plan, a.acts())
		}
		if got := a.between("p", "answer", 950*ms, time.Second); len(got) < 4 {
			r.Fatalf("%d answers at the end under\n%s\n%s", len(got), plan, strings.Join(a.acts(), "\n"))
		}
		for _, f := range a.records("fault") {
			if time.Duration(f["t"].(float64)) > 750*ms && f["do"] != "restart" {
				r.Fatalf("after the heal: %v", f)
			}
		}
	})
}
