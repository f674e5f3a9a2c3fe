package lease_test

import (
	"flag"
	"testing"

	"weir/examples/lease"
	"weir/faults"
	"weir/sim/simtest"
)

// step is a design on the way from wrong to right.
type step struct {
	name   string
	design lease.Design
}

// steps are the designs in the order of README.md: each mends what the one before was
// found wrong for.
var steps = []step{
	{"trusting", lease.Design{}},
	{"fenced-writes", lease.Design{FenceWrites: true}},
	{"fenced", lease.Design{FenceWrites: true, FenceReads: true}},
	{"numbered", lease.Design{FenceWrites: true, FenceReads: true, NumberWrites: true}},
	{"sound", lease.Sound},
}

var design = flag.String("design", "sound", "which design TestSeeds judges: trusting, fenced-writes, fenced, numbered or sound")

// TestSeeds plays many seeds, each with a random fault plan, and judges their logs. Of a
// failing seed it prints the smallest plan that still fails.
func TestSeeds(t *testing.T) {
	d := named(t, *design)
	simtest.Seeds(t, 1000, func(t *testing.T, seed uint64) {
		plan := lease.RandomPlan(seed)
		if len(problems(t, seed, d, plan)) == 0 {
			return
		}
		plan = plan.Shrink(func(p faults.Plan) bool { return len(problems(t, seed, d, p)) > 0 })
		t.Errorf("with these faults:\n%s%s", plan, problems(t, seed, d, plan)[0])
	})
}

func named(t *testing.T, name string) lease.Design {
	t.Helper()
	for _, s := range steps {
		if s.name == name {
			return s.design
		}
	}
	t.Fatalf("-design %q: want trusting, fenced-writes, fenced, numbered or sound", name)
	return lease.Design{}
}

// problems plays a seed and judges its log.
func problems(t *testing.T, seed uint64, d lease.Design, plan faults.Plan) []lease.Problem {
	t.Helper()
	res, err := lease.Run(seed, d, plan)
	if err != nil {
		t.Fatalf("seed %d: %v under\n%s", seed, err, plan)
	}
	return lease.Check(res.Records)
}

// TestFound holds that each wrong design is found within a few seeds, and that each
// precaution is needed: without any one of them the sound design is found wrong too.
func TestFound(t *testing.T) {
	without := func(change func(*lease.Design)) lease.Design {
		d := lease.Sound
		change(&d)
		return d
	}
	wrong := append([]step{
		{"without FenceWrites", without(func(d *lease.Design) { d.FenceWrites = false })},
		{"without FenceReads", without(func(d *lease.Design) { d.FenceReads = false })},
		{"without NumberWrites", without(func(d *lease.Design) { d.NumberWrites = false })},
		{"without SyncTokens", without(func(d *lease.Design) { d.SyncTokens = false })},
	}, steps[:len(steps)-1]...)
	const most = 200
	for _, s := range wrong {
		seed := uint64(1)
		for seed <= most && len(problems(t, seed, s.design, lease.RandomPlan(seed))) == 0 {
			seed++
		}
		if seed > most {
			t.Errorf("%s: not found in %d seeds", s.name, most)
		}
		t.Logf("%s: found at seed %d", s.name, seed)
	}
}

// TestRepeats holds that a run follows from its arguments, and that it is a real one: with
// no faults, all clients get their turns.
func TestRepeats(t *testing.T) {
	for seed := range uint64(20) {
		plan := lease.RandomPlan(seed)
		a, err := lease.Run(seed, lease.Sound, plan)
		if err != nil {
			t.Fatal(err)
		}
		b, err := lease.Run(seed, lease.Sound, plan)
		if err != nil || a.Hash != b.Hash || len(a.Records) != len(b.Records) {
			t.Errorf("seed %d: two runs differ: %v", seed, err)
		}
	}
	res, err := lease.Run(1, lease.Sound, faults.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	turns := map[string]int{}
	for _, r := range res.Records {
		if r.Kind == lease.Acked {
			turns[r.Client]++
		}
	}
	if len(turns) != lease.Clients || turns["c1"] < 20 || turns["c2"] < 20 || turns["c3"] < 20 {
		t.Errorf("increments confirmed: %v", turns)
	}
	unknown, err := faults.Parse("at 1s crash nobody")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Run(1, lease.Sound, unknown); err == nil {
		t.Error("a plan for a node that is not there is taken")
	}
}
