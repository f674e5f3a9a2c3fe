package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// phrases are the faults of a drawn world, the plain ones first: rapid makes a failing draw
// smaller towards the beginning. @ is an analyser, # any node.
var phrases = []string{
	"crash @", "pause @", "cut d1 -> @", "cut @ -> d1", "cut d1 <-> @ probes", "hold d1 -> @",
	"crash d1", "crash e1", "stop @", "pause #", "crash @ silent", "slow # 800%",
	"impair d1 <-> a* loss 10%", "impair e* <-> d1 duplicate 20%", "impair d1 -> a* reorder 20% by 50ms",
	"impair * <-> * delay 100ms jitter 50ms", "impair @ -> d1 acks loss 30%", "isolate @", "halves among {d*,a*}",
	"disk_stall @", "disk_fill @", "disk_break @", "weight d* @ 7", "drain d* @", "freeze @", "skew # +5s", "load e1 300%",
}

// drawFault draws one action: what, to whom, when and how long.
func drawFault(t *rapid.T, analysers int) string {
	a := fmt.Sprint("a", rapid.IntRange(1, analysers).Draw(t, "analyser"))
	node := rapid.SampledFrom([]string{a, "d1", "e1"}).Draw(t, "node")
	phrase := rapid.SampledFrom(phrases).Draw(t, "phrase")
	phrase = strings.NewReplacer("@", a, "#", node).Replace(phrase)
	at := time.Duration(rapid.IntRange(0, 29).Draw(t, "tenths")) * 100 * time.Millisecond
	long := time.Duration(rapid.IntRange(1, 20).Draw(t, "tenths long")) * 100 * time.Millisecond
	if strings.HasPrefix(phrase, "weight ") {
		return fmt.Sprintf("at %v %s", at, phrase) // nothing ends it
	}
	return fmt.Sprintf("at %v for %v %s", at, long, phrase)
}

// drawWorld draws a small world; the smallest is one of each node, one packet a second and
// no fault.
func drawWorld(t *rapid.T) *Scenario {
	sc := Default()
	sc.Name = "drawn"
	sc.Emitters.Count = rapid.IntRange(1, 2).Draw(t, "emitters")
	sc.Emitters.Rate = Rate(rapid.IntRange(1, 40).Draw(t, "packets a second")) * 1000
	sc.Emitters.Messages = Span{1, rapid.IntRange(1, 10).Draw(t, "messages")}
	sc.Emitters.Bytes = 10
	sc.Distributors.Workers = rapid.IntRange(1, 3).Draw(t, "workers")
	sc.Distributors.Policy = rapid.SampledFrom([]string{"deficit", "finish", "eligible", "smooth", "random", "original"}).Draw(t, "policy")
	sc.Distributors.State = rapid.SampledFrom([]string{"local", "shared"}).Draw(t, "state")
	sc.Distributors.OnFull = rapid.SampledFrom([]string{"skip", "wait"}).Draw(t, "on full")
	sc.Distributors.Window = rapid.SampledFrom([]int{256, 16, 4}).Draw(t, "window")
	sc.Distributors.Detector.Kind = rapid.SampledFrom([]string{"threshold", "phi", "central"}).Draw(t, "detector")
	n := rapid.IntRange(1, 4).Draw(t, "analysers")
	sc.Analysers = Analysers{Count: n, Weights: rapid.SliceOfN(rapid.Int64Range(1, 9), n, n).Draw(t, "weights")}
	sc.Phases = Phases{Warmup: 0, Faults: 5 * time.Second, Heal: 5 * time.Second, Settle: time.Minute}
	sc.Check.MinPackets = 0
	plan := make([]string, rapid.IntRange(0, 4).Draw(t, "faults"))
	for i := range plan {
		plan[i] = drawFault(t, n)
	}
	sc.Faults = strings.Join(plan, "\n")
	return sc
}

// smallWorlds: whatever small world is drawn, the system keeps every promise in it.
func smallWorlds(t *rapid.T) {
	drawn := drawWorld(t)
	sc, err := Parse("drawn.yaml", drawn.Brief())
	if err != nil {
		t.Skip(err) // such as two faults that cannot both be
	}
	seed := rapid.Uint64Range(1, 1<<20).Draw(t, "seed")
	res, err := Run(sc, Options{Seed: seed, Check: true})
	if err != nil {
		t.Fatal(err)
	}
	if bad := Surprises(sc, res); len(bad) > 0 {
		t.Fatalf("%s\nseed %d of\n%s", strings.Join(bad, "\n"), seed, sc.Brief())
	}
}

func TestSmallWorlds(t *testing.T) { rapid.Check(t, smallWorlds) }

// FuzzSmallWorlds is the same with the bytes that rapid draws from chosen by the fuzzer.
func FuzzSmallWorlds(f *testing.F) {
	for seed := range byte(3) {
		draws := make([]byte, 4<<10)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws) // never fails
		f.Add(draws)
	}
	f.Fuzz(rapid.MakeFuzz(smallWorlds))
}

// TestDrawnWorldsParse holds that hardly a drawn world is left out: a skipped one shows
// nothing.
func TestDrawnWorldsParse(t *testing.T) {
	var refused []string
	worlds := rapid.Custom(func(t *rapid.T) *Scenario { return drawWorld(t) })
	const n = 300
	for seed := range n {
		sc := worlds.Example(seed)
		if _, err := Parse("drawn.yaml", sc.Brief()); err != nil {
			refused = append(refused, err.Error())
		}
	}
	slices.Sort(refused)
	if len(refused) > n/20 {
		t.Errorf("%d of %d worlds are refused:\n%s", len(refused), n, strings.Join(slices.Compact(refused), "\n"))
	}
}
