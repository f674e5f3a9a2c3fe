package logcheck

import (
	"bytes"
	"slices"
)

// stairs keeps the extreme of what was wanted in a window, by the node's own clock.
type stairs struct {
	steps []stair
	least bool
}

type stair struct {
	m int64
	n int
}

// extreme takes in a value and returns the least or the largest of the last span.
func (s *stairs) extreme(m, span int64, n int) int {
	s.steps = slices.DeleteFunc(s.steps, func(o stair) bool {
		return m-o.m > span || s.least && o.n >= n || !s.least && o.n <= n
	})
	s.steps = append(s.steps, stair{m, n})
	return s.steps[0].n
}

// reading is a decision's signals, as far as they are what the run promises.
type reading struct {
	wants   int
	missing int
	above   bool // one is above its tolerance
	within  bool // one is within
	told    bool // cpu or memory has a value
	ok      bool
}

// Bounds of what a signal asks for and of its value.
const (
	scaleAskMost   = 1 << 20
	scaleValueMost = 1 << 40
)

// read takes the signals of a decision from n workers.
func (j *scaleJudge) read(set []byte, n int64) (v reading) {
	v.wants = 1
	loads := false
	for _, g := range j.want {
		item, tail, _ := bytes.Cut(set, []byte(","))
		set = tail
		name, rest, _ := bytes.Cut(item, []byte("="))
		value, target, _ := bytes.Cut(rest, []byte("/"))
		t, more, ok := parseDecimal(target)
		if string(name) != g.name || !ok || len(more) > 0 || int64(t) != g.target {
			return v
		}
		loads = loads || !g.latency
		if string(value) == "-" {
			v.missing++
			v.wants = max(v.wants, int(n))
			continue
		}
		v.told = v.told || g.name == "cpu" || g.name == "memory"
		amount, more, ok := parseDecimal(value)
		if !ok || len(more) > 0 || amount > scaleValueMost {
			return v
		}
		away := int64(amount) - g.target
		if away*1000 <= g.target*j.run.Tolerance && -away*1000 <= g.target*j.run.Tolerance {
			v.within = true
			v.wants = max(v.wants, int(n))
			continue
		}
		v.above = v.above || away > 0
		v.wants = max(v.wants, int(min((n*int64(amount)+g.target-1)/g.target, scaleAskMost)))
	}
	if !loads {
		v.wants = max(v.wants, int(n))
	}
	v.ok = len(set) == 0
	return v
}

// decision judges S1-S5 of one decision and hands it on to S6.
func (s *scaleSite) decision(r *Record) {
	j := s.j
	n, to := int(r.Int(KeyN)), int(r.Int(KeyTo))
	if !s.began {
		s.begin(r)
	}
	s.limits(r, n, to)
	v := j.read(r.Bytes(KeySet), int64(n))
	t := &j.tally[ruleS4]
	t.Case()
	if !v.ok || int64(v.wants) != r.Int(KeyWant) {
		t.Failf([]Ref{r.Ref()}, "the signals are not those of run.json, or do not want %d workers but %d", r.Int(KeyWant), v.wants)
	}
	if s1 := &j.tally[ruleS1]; v.ok && (v.missing > 0 && to < n || v.missing == len(j.want) && to != n) {
		s1.Failf([]Ref{r.Ref()}, "%d of %d signals have no value, and %d workers become %d", v.missing, len(j.want), n, to)
	}
	if v.ok && v.told && j.ctx.Truth.on(r.Node(), ActGauge) {
		j.tally[ruleS1].Failf([]Ref{r.Ref()}, "what the node uses has a value, while its gauge is lost")
	}
	s.pace(r, n, to)
	s.tolerance(r, v, n, to)
	s.window(r, v, n, to)
	s.flap(r, n, to)
	j.offer.decided(&j.tally[ruleS6], &j.tally[ruleS5], r, n, to)
	if to > n {
		s.grew = waiting{m: r.M, wait: int64(to), ref: r.Ref()}
	}
	if to != n {
		s.moved = waiting{m: r.M, ref: r.Ref()}
	}
	s.n, s.newest = to, r.Ref()
}

// begin takes the start of the actor that decides for the windows' first moment.
func (s *scaleSite) begin(r *Record) {
	s.began, s.active = true, s.n
	s.up.least = true
	m, ok := s.starts[r.Actor]
	if !ok {
		m = r.M
	}
	s.up.extreme(m, int64(s.j.run.WindowUp), s.n)
	s.down.extreme(m, int64(s.j.run.WindowDown), s.n)
}

// limits judges S1: the numbers are within the limits and continue, and the workers
// that came and went are as many.
func (s *scaleSite) limits(r *Record, n, to int) {
	t, run := &s.j.tally[ruleS1], s.j.run
	t.Case()
	switch {
	case n != s.n:
		t.Failf([]Ref{s.newest, r.Ref()}, "the decision is from %d workers, there were to be %d", n, s.n)
	case n != s.active:
		t.Failf([]Ref{s.newest, r.Ref()}, "there are to be %d workers, by the records of who came and went there are %d", n, s.active)
	case to < run.Min || to > run.Max:
		t.Failf([]Ref{r.Ref()}, "%d workers are not %d to %d", to, run.Min, run.Max)
	}
}

// pace judges S2: steps and cooldowns.
func (s *scaleSite) pace(r *Record, n, to int) {
	t, run := &s.j.tally[ruleS2], s.j.run
	if to == n {
		return
	}
	t.Case()
	switch {
	case to > n+run.StepUp || to < n-run.StepDown:
		t.Failf([]Ref{r.Ref()}, "%d workers become %d at once, the steps are %d up and %d down", n, to, run.StepUp, run.StepDown)
	case to > n && s.grew.ref.valid() && r.M-s.grew.m < int64(run.CooldownUp):
		t.Failf([]Ref{s.grew.ref, r.Ref()}, "an increase %d ns after another, the cooldown is %d", r.M-s.grew.m, int64(run.CooldownUp))
	case to < n && s.moved.ref.valid() && r.M-s.moved.m < int64(run.CooldownDown):
		t.Failf([]Ref{s.moved.ref, r.Ref()}, "a decrease %d ns after a change, the cooldown is %d", r.M-s.moved.m, int64(run.CooldownDown))
	}
}

// tolerance judges S3: one signal within its tolerance keeps the workers that there
// are, and only one above it makes more.
func (s *scaleSite) tolerance(r *Record, v reading, n, to int) {
	t := &s.j.tally[ruleS3]
	if !v.ok || !v.within && to == n {
		return
	}
	t.Case()
	switch {
	case v.within && to < n:
		t.Failf([]Ref{r.Ref()}, "a signal is within its tolerance, and %d workers become %d", n, to)
	case !v.above && to > n:
		t.Failf([]Ref{r.Ref()}, "no signal is above its tolerance, and %d workers become %d", n, to)
	}
}

// window judges S4: the decision is what is wanted in the windows, by a step, unless the
// last change is too fresh.
func (s *scaleSite) window(r *Record, v reading, n, to int) {
	run, t := s.j.run, &s.j.tally[ruleS4]
	if !v.ok {
		return
	}
	inside := min(max(v.wants, run.Min), run.Max)
	least, most := s.up.extreme(r.M, int64(run.WindowUp), inside), s.down.extreme(r.M, int64(run.WindowDown), inside)
	want, why := n, "steady"
	switch {
	case least > n:
		want, why = min(least, n+run.StepUp), "up"
		if s.grew.ref.valid() && r.M-s.grew.m < int64(run.CooldownUp) {
			want, why = n, "cooldown"
		}
	case most < n:
		want, why = max(most, n-run.StepDown), "down"
		if s.moved.ref.valid() && r.M-s.moved.m < int64(run.CooldownDown) {
			want, why = n, "cooldown"
		}
	case inside != n:
		why = "window"
	case v.wants != n:
		why = "limit"
	case v.missing == len(s.j.want):
		why = "blind"
	}
	if to != want || !r.Is(KeyWhy, why) {
		t.Failf([]Ref{s.newest, r.Ref()}, "the windows and limits make %d workers %d (%s), not %d (%s)", n, want, why, to, r.Str(KeyWhy))
	}
}

// flap judges S5's first half: what an increase added stays for the window.
func (s *scaleSite) flap(r *Record, n, to int) {
	t := &s.j.tally[ruleS5]
	if to >= n || !s.grew.ref.valid() {
		return
	}
	t.Case()
	if to < int(s.grew.wait) && r.M-s.grew.m <= int64(s.j.run.WindowDown) {
		t.Failf([]Ref{s.grew.ref, r.Ref()}, "%d workers become %d within %d ns after they became %d", n, to, r.M-s.grew.m, s.grew.wait)
	}
}
