package faults

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func cutAct(from, to string, classes ClassSet) Act {
	return Act{Do: Cut, From: from, To: to, Classes: classes}
}

func TestActiveLinks(t *testing.T) {
	var s Active
	steps := []struct {
		end  bool
		act  Act
		want ClassSet
	}{
		{false, cutAct("a", "b", Classes(ClassData)), Classes(ClassData)},
		{false, cutAct("a", "b", AllClasses), Classes(ClassAck, ClassProbe, ClassControl)},
		{false, cutAct("a", "b", Classes(ClassAck)), 0},
		{false, cutAct("b", "a", Classes(ClassAck)), Classes(ClassAck)},
		{true, Act{Do: Heal, From: "a", To: "b", Classes: Classes(ClassData)}, Classes(ClassData)},
		{true, Act{Do: Release, From: "a", To: "b", Classes: AllClasses}, 0},
		{true, Act{Do: Heal, From: "a", To: "b", Classes: AllClasses}, Classes(ClassAck, ClassProbe, ClassControl)},
	}
	for i, step := range steps {
		do := s.Begin
		if step.end {
			do = s.End
		}
		if got, some := do(step.act); got.Classes != step.want || some != (step.want != 0) {
			t.Errorf("step %d, %s: %s (%v), want %s", i, step.act, got.Classes, some, step.want)
		}
	}
	if want := []Act{{Do: Heal, From: "b", To: "a", Classes: Classes(ClassAck)}}; !slices.Equal(s.Endings(), want) {
		t.Errorf("left over: %v", s.Endings())
	}
}

func TestActiveNodes(t *testing.T) {
	var s Active
	begin := func(act Act, want bool) {
		t.Helper()
		if _, some := s.Begin(act); some != want {
			t.Errorf("begin %s: %v", act, some)
		}
	}
	slow := Act{Do: Slow, Node: "a", Args: Args{Percent: 200}}
	begin(slow, true)
	begin(slow, false)
	slow.Args.Percent = 300
	begin(slow, true) // another share is another state
	begin(Act{Do: Skew, Node: "a", Args: Args{Shift: 5}}, true)
	begin(Act{Do: Drift, Node: "a", Args: Args{DriftPPM: 5}}, true)
	begin(Act{Do: Pause, Node: "a", Actor: "w"}, true)
	begin(Act{Do: Pause, Node: "a"}, true)
	begin(Act{Do: Stop, Node: "b"}, true)
	begin(Act{Do: Crash, Node: "b"}, true)
	begin(Act{Do: Jump, Node: "a", Args: Args{Shift: 5}}, true)
	begin(Act{Do: Jump, Node: "a", Args: Args{Shift: 5}}, true) // no state, so always new
	want := []Act{{Do: Normal, Node: "a"}, {Do: Resync, Node: "a"}, {Do: Resume, Node: "a", Actor: "w"},
		{Do: Resume, Node: "a"}, {Do: Restart, Node: "b"}}
	if got := s.Endings(); !slices.Equal(got, want) {
		t.Errorf("endings %v, want %v", got, want)
	}
	if !s.Is(Act{Do: Pause, Node: "a"}) || s.Is(Act{Do: Pause, Node: "b"}) {
		t.Error("Is does not know who is paused")
	}
	s.Forget("a", Pause)
	if s.Is(Act{Do: Pause, Node: "a"}) || s.Is(Act{Do: Pause, Node: "a", Actor: "w"}) || !s.Is(slow) {
		t.Error("Forget took too little or too much")
	}
}

// TestActiveStaysSmall: memory follows what is in force, not how much there ever was.
func TestActiveStaysSmall(t *testing.T) {
	var s Active
	s.Begin(Act{Do: Pause, Node: "a"})
	for range 10_000 {
		s.Begin(cutAct("a", "b", AllClasses))
		s.End(Act{Do: Heal, From: "a", To: "b", Classes: AllClasses})
	}
	if s.Len() != 1 || len(s.items) > 100 || !s.Is(Act{Do: Pause, Node: "a"}) {
		t.Errorf("%d states in force, %d kept", s.Len(), len(s.items))
	}
}

// TestActiveAgainstAModel: random begins and ends agree with a plain set, and ending everything leaves nothing.
func TestActiveAgainstAModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var s Active
		model := map[state]bool{}
		for range rapid.IntRange(0, 300).Draw(r, "n") {
			name := rapid.SampledFrom([]string{"a", "b", "c"})
			act := Act{Do: rapid.SampledFrom([]Verb{Cut, Hold, Heal, Release}).Draw(r, "do"),
				From: name.Draw(r, "from"), To: name.Draw(r, "to"), Classes: genClasses.Draw(r, "classes")}
			begins, end := byVerb[act.Do].EndedBy != "", act.Do == Heal || act.Do == Release
			key := state{begun: act.Do, from: act.From, to: act.To}
			if end {
				key.begun = map[Verb]Verb{Heal: Cut, Release: Hold}[act.Do]
			}
			var want ClassSet
			for c := Class(0); c < NClasses; c++ {
				if key.class = c; act.Classes.Has(c) && model[key] == end {
					want |= 1 << c
					model[key] = begins
				}
			}
			do := s.Begin
			if end {
				do = s.End
			}
			if got, some := do(act); got.Classes != want || some != (want != 0) {
				r.Fatalf("%s: %s, want %s", act, got.Classes, want)
			}
		}
		for _, act := range s.Endings() {
			if got, some := s.End(act); !some || got != act {
				r.Fatalf("ending %s did %s, %v", act, got.Classes, some)
			}
		}
		if s.Len() != 0 || len(s.Endings()) != 0 {
			r.Fatalf("%d states are left", s.Len())
		}
	})
}
