package scenarios

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"weir/faults"
)

// SoakMin is the shortest soak.
const SoakMin = 10 * time.Second

// Soak makes a scenario of so much time under random faults of the kinds that real
// processes can suffer: kills, orderly stops, pauses, cuts, holds, delays, connections
// that break or are refused, changes of the table. The seed decides which, when and how long; a
// quarter of the time is calm. Everything is healed at the end, and nothing that was
// acknowledged may be lost. The text is the scenario's file.
func Soak(seed uint64, length time.Duration) (sc *Scenario, text string, err error) {
	if length < SoakMin || length > 10*time.Hour {
		return nil, "", invalid("soak", "%v: want %v to 10h", length, SoakMin)
	}
	p := soakPlan{rng: faults.Stream(seed, "soak")}
	const warmup = 3 * time.Second
	for at := warmup; at < warmup+length; at += p.between(500*time.Millisecond, 3*time.Second) {
		if p.rng.IntN(4) == 0 { // calm
			at += time.Second
			continue
		}
		p.add(at)
	}
	slices.Sort(p.lines) // by time: all have the same number of digits
	text = fmt.Sprintf(`name: soak
about: Random faults for %v, made from seed %d.
emitters: {count: 2, rate: 100/s}
distributors: {count: 2, workers: 2}
analysers: {count: 4, weights: [1, 2, 3, 4]}
phases: {warmup: %v, faults: %v, heal: 10s, settle: 2m}
faults: |
  %s
`, length, seed, warmup, length, strings.Join(p.lines, "\n  "))
	sc, err = Parse("soak.yaml", []byte(text))
	return sc, text, err
}

// soakPlan collects the lines of a plan.
type soakPlan struct {
	rng   *rand.Rand
	lines []string
}

func (p *soakPlan) between(low, high time.Duration) time.Duration {
	return (low + time.Duration(p.rng.Int64N(int64(high-low)))).Round(time.Millisecond)
}

func (p *soakPlan) one(of ...string) string { return of[p.rng.IntN(len(of))] }

// add adds a fault that begins then.
func (p *soakPlan) add(at time.Duration) {
	d, a := p.one("d1", "d2"), p.one("a1", "a2", "a3", "a4")
	link := p.one("e1 -> "+d, d+" -> e1", d+" -> "+a, a+" -> "+d, d+" <-> "+a)
	act := p.one(
		"crash "+a, "crash "+a, "crash "+d, "crash "+p.one("e1", "e2"), "stop "+a, "stop "+d,
		"pause "+a, "pause "+d, "reset "+link, "truncate "+link, "refuse "+link, "refuse "+link+" "+p.one("data", "acks", "probes"), "cut "+link, "cut "+link+" "+p.one("data", "acks", "probes"), "hold "+link,
		"impair "+link+" delay "+p.one("20ms", "100ms", "400ms")+" jitter 20ms", "impair "+link+" rate 50kB/s", "impair "+link+" corrupt 0.1%",
	)
	if p.rng.IntN(8) == 0 {
		act = fmt.Sprintf("weight %s %s %d", d, a, 1+p.rng.IntN(9))
	}
	span := ""
	if info, _ := faults.Lookup(faults.Verb(strings.Fields(act)[0])); info.EndedBy != "" {
		span = fmt.Sprintf("for %dms ", p.between(500*time.Millisecond, 5*time.Second).Milliseconds())
	}
	p.lines = append(p.lines, fmt.Sprintf("at %07dms %s%s", at.Milliseconds(), span, act))
}
