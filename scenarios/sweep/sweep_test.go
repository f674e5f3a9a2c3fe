package sweep

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"weir/scenarios"
)

func TestSignature(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"e1/1/448 was acked and its effect was lost", "e2/1/3 was acked and its effect was lost"},
		{"a2 recovered 128 effects (0 reported lost), 284 were synced", "a1 recovered 7 effects (12 reported lost), 9 were synced"},
	} {
		if Signature(c.a) != Signature(c.b) {
			t.Errorf("%q and %q differ", Signature(c.a), Signature(c.b))
		}
	}
	if a, b := Signature("the log itself failed H2"), Signature("the log itself failed H3"); a == b {
		t.Errorf("two properties have one signature: %q", a)
	}
	if s := Signature(strings.Repeat("ä ", 500)); len(s) > signatureMax || !strings.HasPrefix(s, "ä ä") {
		t.Errorf("a long detail gives %d bytes", len(s))
	}
}

func TestPanicSignature(t *testing.T) {
	const text = "boom at 17\ngoroutine 1 [running]:\nmain.f()\n\tx.go:1\npanic({0x1, 0x2})\n\ty.go:2\nweir/system/route.(*Book).pick(0xc000, 0x2)\n\tz.go:3\n"
	if got, want := panicSignature(text), "boom at # in system/route.(*Book).pick"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := Broken(Run{}, errors.New("no room for 17"), "").Failures[0].Signature; got != "no room for #" {
		t.Errorf("an error's signature is %q", got)
	}
}

// TestOutcome reads real runs: one that must pass, one whose scenario must not fail.
func TestOutcome(t *testing.T) {
	play := func(set ...string) Outcome {
		t.Helper()
		sc, err := scenarios.Load("canary", set...)
		if err != nil {
			t.Fatal(err)
		}
		res, err := scenarios.Run(sc, scenarios.Options{Seed: 1, Check: true})
		if err != nil {
			t.Fatal(err)
		}
		return OutcomeOf(Run{Scenario: "canary", Seed: 1}, sc, res)
	}
	if o := play(); len(o.Failures) > 0 {
		t.Errorf("the canary fails as it should, and gives %v", o.Failures)
	}
	o := play("check.expect=pass", "check.expect_fail=[]")
	if len(o.Failures) != 2 || o.Failures[0].Property != "C2" || o.Failures[1].Property != "C10" {
		t.Errorf("failures %v, want C2 and C10", o.Failures)
	}
	if !slices.Equal(o.Faults, []string{"crash", "disk_lie"}) || !slices.Contains(o.Held, "crash") || !slices.Contains(o.Judged, "C9") || o.Run.Events == 0 {
		t.Errorf("%+v", o)
	}
	if o := play("check.expect_fail=[C9]"); len(o.Failures) == 0 || o.Failures[len(o.Failures)-1].Property != "unexpected" {
		t.Errorf("another failure than the expected one gives %v", o.Failures)
	}
}

func TestKinds(t *testing.T) {
	log := `{"k":"phase","name":"faults"}
{"k":"fault","do":"impair","from":"d1","to":"a1","val":"delay 3ms reorder 5% by 20ms"}
{"k":"fault","do":"crash","n":"a1"}
{"k":"fault","do":"restart","n":"a1"}
{"k":"fault","do":"crash","n":"a1"}
`
	want := []string{"crash", "impair delay", "impair reorder"}
	if got := Kinds([]byte(log)); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, k := range want {
		if !slices.Contains(AllKinds(), k) {
			t.Errorf("%s is missing from all kinds", k)
		}
	}
}

var genOutcome = rapid.Custom(func(t *rapid.T) Outcome {
	words := func(label string, of ...string) []string {
		list := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 0, len(of), rapid.ID[string]).Draw(t, label)
		slices.Sort(list)
		return list
	}
	o := Outcome{
		Run:    Run{Scenario: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "scenario"), Seed: rapid.Uint64Range(0, 9).Draw(t, "seed"), Events: rapid.Uint64Range(0, 9).Draw(t, "events")},
		Faults: words("faults", "crash", "cut", "impair loss"), Judged: words("judged", "C1", "C2"), Held: words("held", "failover", "retry"),
	}
	o.Plain = rapid.Bool().Draw(t, "plain")
	o.Off = o.Plain && rapid.Bool().Draw(t, "off")
	for _, p := range words("failures", "C1", "R3") {
		o.Failures = append(o.Failures, Failure{p, "fail", rapid.SampledFrom([]string{"x", "y"}).Draw(t, "signature")})
	}
	return o
})

// TestOrderDoesNotMatter: outcomes in any order, in any number of shards merged in any
// order, give the same bytes, which read back to the same report.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(genOutcome, 1, 30).Draw(t, "outcomes")
		seed := rapid.Uint64().Draw(t, "order")
		whole := &Report{Version: Version}
		for _, o := range all {
			whole.Add(o)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		shards := make([]*Report, rapid.IntRange(1, 4).Draw(t, "shards"))
		for i := range shards {
			shards[i] = &Report{Version: Version}
		}
		for i, o := range all {
			shards[i%len(shards)].Add(o)
		}
		merged := &Report{Version: Version}
		merged.Merge(&Report{Version: Version}) // an empty shard changes nothing
		for _, i := range rng.Perm(len(shards)) {
			merged.Merge(shards[i])
		}
		var a, b bytes.Buffer
		if whole.Write(&a) != nil || merged.Write(&b) != nil {
			t.Fatal("cannot write")
		}
		if strings.ReplaceAll(a.String(), "null", "{}") != strings.ReplaceAll(b.String(), "null", "{}") {
			t.Fatalf("in another order (-want +got)\n%s", cmp.Diff(a.String(), b.String()))
		}
		back, err := Read(&a)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(whole, back); d != "" {
			t.Fatalf("read back (-want +got)\n%s", d)
		}
	})
}

func TestBound(t *testing.T) {
	r := &Report{}
	if _, ok := r.Bound(); ok {
		t.Error("no run, and yet a bound")
	}
	r.Runs = 1000
	if ppm, ok := r.Bound(); !ok || ppm != 3000 {
		t.Errorf("%d ppm after 1000 runs, want 3000", ppm)
	}
	r.Failed = 1
	if _, ok := r.Bound(); ok {
		t.Error("a failure, and yet a bound")
	}
}

// FuzzRead: any bytes give a report that writes itself and reads back, or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"version":1,"build":"b","what":"w","runs":2,"failed":1,"events":3,"groups":[{"property":"C1","status":"fail","signature":"x","runs":1,"fastest":{"scenario":"a","seed":1,"events":2}}],"faults":{"crash":1},"pairs":{},"properties":{},"premises":{}}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"groups":[null]}`))
	f.Add([]byte(`{} {}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := r.Write(&out); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(&out); err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
	})
}

// TestNaive: a plain check of shares says nothing of a run with faults, is content with a
// calm one, and finds an analyser that got another's share.
func TestNaive(t *testing.T) {
	play := func(name string) (*scenarios.Scenario, *scenarios.Result) {
		sc, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		res, err := scenarios.Run(sc, scenarios.Options{Seed: 1, Check: true})
		if err != nil {
			t.Fatal(err)
		}
		return sc, res
	}
	sc, res := play("crash")
	if o := OutcomeOf(Run{}, sc, res); o.Plain || o.Off {
		t.Error("a run with a crash is judged")
	}
	sc, res = play("steady-deficit")
	if o := OutcomeOf(Run{}, sc, res); !o.Plain || o.Off {
		t.Errorf("a calm run: judged %v, off %v", o.Plain, o.Off)
	}
	a := res.Report.Analysers
	a[0].CommittedMessages += a[1].CommittedMessages
	a[1].CommittedMessages = 0
	if o := OutcomeOf(Run{}, sc, res); !o.Off {
		t.Error("an analyser gets another's share, and the check is content")
	}
}
