package faults

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// plansParseBack: the text of any plan reads as the same plan.
func plansParseBack(t *rapid.T) {
	plan := genPlan.Draw(t, "plan")
	if err := plan.Check(); err != nil {
		t.Fatalf("the generator made a plan that is not well formed: %v", err)
	}
	back, err := Parse(plan.String())
	if err != nil {
		t.Fatalf("%v\n%s", err, plan)
	}
	if !back.Equal(plan) {
		t.Fatalf("came back different (-sent +back):\n%s\n%s", cmp.Diff(plan, back), plan)
	}
}

func TestPlanTextParsesBack(t *testing.T) { rapid.Check(t, plansParseBack) }

func FuzzPlanTextParsesBack(f *testing.F) {
	for seed := range byte(4) {
		draws := make([]byte, 64<<10)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(draws) // never fails
		f.Add(draws)
	}
	f.Fuzz(rapid.MakeFuzz(plansParseBack))
}

// TestParseMeaning pins what a line means, field by field.
func TestParseMeaning(t *testing.T) {
	both := Targets{From: "d1", To: "a*", Both: true, Classes: AllClasses}
	at := func(d time.Duration) Trigger { return Trigger{At: d} }
	cases := []struct {
		text string
		want Action
	}{
		{"at 5s crash a1", Action{When: at(5 * time.Second), Do: Crash, Targets: Targets{Nodes: "a1"}}},
		{"at 5s for 3s pause d1/w2 # a worker", Action{When: at(5 * time.Second), For: 3 * time.Second, Do: Pause,
			Targets: Targets{Nodes: "d1", Actor: "w2"}}},
		{"at 10s cut d1 -> a2 data", Action{When: at(10 * time.Second), Do: Cut,
			Targets: Targets{From: "d1", To: "a2", Classes: Classes(ClassData)}}},
		{"when a1 commit 100: crash a1 silent", Action{When: Trigger{Nodes: "a1", Kind: "commit", Count: 100}, Do: Crash,
			Targets: Targets{Nodes: "a1"}, Args: Args{Silent: true}}},
		{"every d1/w1 health 2 an=a2 why='a b' after 2s for 1.5s: freeze {a1,e*}", Action{
			When: Trigger{Nodes: "d1", Actor: "w1", Kind: "health", Count: 2, Every: true, After: 2 * time.Second,
				Match: []FieldMatch{{"an", "a2"}, {"why", "a b"}}},
			For: 1500 * time.Millisecond, Do: Freeze, Targets: Targets{Nodes: "{a1,e*}"}}},
		{"at 3s for 10s impair e* -> d1 loss 5% delay 20ms jitter 5ms", Action{When: at(3 * time.Second), For: 10 * time.Second,
			Do: Impair, Targets: Targets{From: "e*", To: "d1", Classes: AllClasses},
			Args: Args{Impair: Impairment{Delay: 20 * time.Millisecond, Jitter: 5 * time.Millisecond, LossPPM: 50_000}}}},
		{"at 1s for 5s swizzle d1 <-> a* over 3s", Action{When: at(time.Second), For: 5 * time.Second, Do: Swizzle,
			Targets: both, Args: Args{Over: 3 * time.Second}}},
		{"at 4s heal all", Action{When: at(4 * time.Second), Do: HealAll}},
		{"at 4s heal all -> a1", Action{When: at(4 * time.Second), Do: Heal, Targets: Targets{From: "all", To: "a1", Classes: AllClasses}}},
		{"at 0s configure d1 '{\"it''s\":1}'", Action{Do: Configure, Targets: Targets{Nodes: "d1"}, Args: Args{Document: `{"it's":1}`}}},
		{`at 0s configure d1 "a\n\xff"`, Action{Do: Configure, Targets: Targets{Nodes: "d1"}, Args: Args{Document: "a\n\xff"}}},
		{"at 0s disk_rot a1 file store.log bits 3", Action{Do: DiskRot, Targets: Targets{Nodes: "a1"},
			Args: Args{File: "store.log", Bits: 3, Offset: -1}}},
		{"at 0s misconfigure d1 nan a1", Action{Do: Misconfigure, Targets: Targets{Nodes: "d1"}, Args: Args{Wrong: WrongNaN, ID: "a1"}}},
		{"at 1m0.5s jump a1 -200ms", Action{When: at(60500 * time.Millisecond), Do: Jump, Targets: Targets{Nodes: "a1"},
			Args: Args{Shift: -200 * time.Millisecond}}},
		{"at 1s bridge d1 among {a*,d1} acks probes", Action{When: at(time.Second), Do: Bridge,
			Targets: Targets{Nodes: "d1", Among: "{a*,d1}", Classes: Classes(ClassAck, ClassProbe)}}},
	}
	for _, c := range cases {
		plan, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if diff := cmp.Diff(Plan{Actions: []Action{c.want}}, plan); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	cases := []struct{ text, want string }{
		{"in 5s crash a1", `line 1, column 1: "in": an action begins with at, when or every`},
		{"\n  at five crash a1", `line 2, column 6: "five": a time is a number and a unit`},
		{"at 5s crash", `line 1, column 12: end of line: a node is missing here`},
		{"at 5s smash a1", `column 7: "smash": no such verb`},
		{"at 5s majorities-ring", `column 7: "majorities-ring": no such verb; is majorities_ring meant?`},
		{"at 5s crash a1 loudly", `column 16: "loudly": nothing may follow the action`},
		{"at 5s: crash a1", `column 6: ":": a colon stands only after when and every`},
		{"when a1 commit 5 crash a1", `column 18: "crash": a colon ends the trigger`},
		{"when a1 Commit: crash a1", `column 9: "Commit": a kind of record is`},
		{"when a1 commit 0: crash a1", `column 16: "0": a number from 1 to`},
		{"when a1 commit 01: crash a1", `column 16: "01": a number from 1 to`},
		{"at 5s crash a1/w2", `column 13: "a1/w2": this verb takes nodes, not actors`},
		{"at 5s crash a1,a2", `several names stand in braces`},
		{"at 5s crash {a1", `a brace is missing`},
		{"at 5s cut d1 a1", `column 14: "a1": -> or <-> stands between`},
		{"at 5s cut d1 -> a1 data data", `column 25: "data": this class is named twice`},
		{"at 5s impair d1 -> a1", `at least one of delay`},
		{"at 5s impair d1 -> a1 loss 0%", `column 28: "0%": a share is over 0%`},
		{"at 5s impair d1 -> a1 loss 101%", `at most 100%`},
		{"at 5s impair d1 -> a1 loss 1% loss 2%", `column 31: "loss": this is said twice`},
		{"at 5s impair d1 -> a1 reorder 1%", `the word "by" is missing here`},
		{"at 5s skew a1 5s", `column 15: "5s": a shift has a sign`},
		{"at 5s drift a1 200ppm", `a drift has a sign and ends with ppm`},
		{"at 5s configure d1 'x", `column 20: "'x": the closing single quote is missing`},
		{"at 5s crash a1 \u00e9", `column 16: "é": no such character outside quotes`},
		{"at 5s crash a1 \x00", `column 16: "\x00": no such character`},
		{"at 0.0000000001s crash a1", `at most 6 decimals`},
		{"at 1001h crash a1", `"1001h": "1001" is too large`}, {"at 999h61m crash a1", `at most 1000h`},
		{"at 1s5m crash a1", `units in that order`},
		// Rules about the whole action stand at its first word.
		{"at 5s for 2s jump a1 +1s", `column 1: "at": jump has no end, so it takes no for`},
		{"at 5s cut a1 -> a1", `a1 is linked to itself`},
		{"at 5s one_way d1 -> a*", `write <->`},
		{"at 5s for 2s swizzle d1 <-> a* over 3s", `must be longer than over`},
		{"at 5s for 3s swizzle d1 <-> a* over 3s", `must be longer than over`},
		{"at 5s slow a1 50%", `slow 50% is not in 101%`},
		{"when a1 commit an=1 an=2: crash a1", `the field an is named twice`},
	}
	for _, c := range cases {
		_, err := Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got: %v\nwant: %s", c.text, err, c.want)
		}
	}
}

func TestParseReportsEveryBadLine(t *testing.T) {
	_, err := Parse("at x crash a\nat 1s crash a1\nat 1s blow a\n")
	if err == nil || !strings.Contains(err.Error(), "line 1,") || !strings.Contains(err.Error(), "line 3,") {
		t.Errorf("want errors for lines 1 and 3, got %v", err)
	}
	if _, err = Parse(strings.Repeat("?\n", 100)); strings.Count(err.Error(), "\n") != errorsMax-1 {
		t.Errorf("want %d errors, got %v", errorsMax, err)
	}
}

func TestParseLimits(t *testing.T) {
	if _, err := Parse(strings.Repeat("#", TextMax+1)); err == nil {
		t.Error("a text over the limit parsed")
	}
	if _, err := Parse(strings.Repeat("#", TextMax)); err != nil {
		t.Errorf("a text at the limit: %v", err)
	}
	line := "at 1s thaw a\n"
	if _, err := Parse(strings.Repeat(line, ActionsMax)); err != nil {
		t.Errorf("%d actions: %v", ActionsMax, err)
	}
	if _, err := Parse(strings.Repeat(line, ActionsMax+1)); err == nil || !strings.Contains(err.Error(), "4097 actions") {
		t.Errorf("too many actions: %v", err)
	}
	plan, err := Parse("# nothing\r\n\r\n\tat 1s crash a1\r\n")
	if err != nil || len(plan.Actions) != 1 {
		t.Errorf("CRLF and comments: %v %v", plan, err)
	}
}

// TestCheckFindsStrayFields: what a verb does not take must be zero, or the text would not come back.
func TestCheckFindsStrayFields(t *testing.T) {
	good := Action{Do: Crash, Targets: Targets{Nodes: "a1"}}
	bad := []func(*Action){
		func(a *Action) { a.Do = "smash" },
		func(a *Action) { a.Args.Percent = 5 },
		func(a *Action) { a.Targets.Classes = AllClasses },
		func(a *Action) { a.Targets.Actor = "w1" },
		func(a *Action) { a.Targets.Nodes = "" },
		func(a *Action) { a.Targets.Nodes = "a 1" },
		func(a *Action) { a.Targets.Among = "a1" },
		func(a *Action) { a.When.At = -1 },
		func(a *Action) { a.When.After = 1 },
		func(a *Action) { a.For = DurationMax + 1 },
		func(a *Action) { a.When = Trigger{Kind: "commit", Nodes: "a1"} },
		func(a *Action) { a.When = Trigger{Kind: "commit", Nodes: "a1", Count: 1, At: 5} },
		func(a *Action) { *a = Action{Do: Cut, Targets: Targets{From: "a", To: "b"}} },
		func(a *Action) {
			*a = Action{Do: Impair, Targets: Targets{From: "a", To: "b", Classes: AllClasses}, Args: Args{Impair: Impairment{LossPPM: -1}}}
		},
	}
	if err := (Plan{[]Action{good}}).Check(); err != nil {
		t.Fatalf("the sound action: %v", err)
	}
	for i, change := range bad {
		a := good
		change(&a)
		if err := (Plan{[]Action{a}}).Check(); err == nil {
			t.Errorf("change %d passed: %s", i, a)
		}
	}
}

// FuzzParse: whatever parses must be well formed and come back from its own text.
func FuzzParse(f *testing.F) {
	f.Add("at 5s for 3s pause d1/w2\nwhen d1 health an=a2 to=down after 1s: isolate a3")
	f.Add("at 3s impair e* -> d1 data loss 0.01% reorder 5% by 20ms rate 10MB/s # x")
	f.Add("every {a1,b*} commit 100: configure d1 '{\"op\":\"weight\"}'")
	f.Add("at 1s for 5s swizzle d1 <-> a* over 3s\nat 0s heal all")
	f.Add("at 1s disk_rot a1 file \"\\xff\" bits 7 offset 12\nat 1ns drift a -5ppm")
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := Parse(text)
		if err != nil {
			return
		}
		back, err := Parse(plan.String())
		if len(plan.String()) > TextMax {
			return // escapes may make the canonical text longer than the limit
		}
		if err != nil || !back.Equal(plan) {
			t.Fatalf("%q\nprints as\n%s\nwhich reads as\n%s (%v)", text, plan, back, err)
		}
		if err := plan.Check(); err != nil {
			t.Fatalf("%q parsed, but: %v", text, err)
		}
	})
}
