package logcheck

// The conduct rules judge how a part goes about things that go wrong: how long it
// waits before it tries again (B4), where an emitter turns when a distributor
// fails (B9), how it probes (F15) and how long it holds packets while no analyser can be
// chosen (F12).

var conductIDs = []string{"B4", "B9", "F12", "F15"}

func conductRules(c *Context) []Rule {
	d := &c.Run.Distributor
	return []Rule{
		&backoffRule{Tally: Tally{Name: "B4"}, run: d, nodes: map[Sym]*waitBook{}, spread: map[int64]*sameness{}},
		newTurnRule(c.Run, c.Names),
		&holdRule{Tally: Tally{Name: "F12"}, run: d, nodes: map[Sym]map[Sym]*holdBook{}},
		&probeRule{Tally: Tally{Name: "F15"}, run: &d.Detector, truth: c.Truth,
			most:  2*int64(max(d.Detector.Interval, d.Detector.DownInterval)+d.Detector.Jitter) + int64(d.Detector.Timeout+d.AttemptTimeout+d.Detector.Pause),
			nodes: map[Sym]map[probeKey]*probing{}},
	}
}

// samenessMin is how many times in a row must be equal to say that they have no
// jitter.
const samenessMin = 30

// sameness notes whether times that ought to be spread at random are all equal.
type sameness struct {
	n, value int64
	differ   bool
	first    Ref
	last     Ref
}

func (s *sameness) note(v int64, at Ref) {
	if s.n == 0 {
		s.value, s.first = v, at
	}
	s.n++
	s.differ = s.differ || v != s.value
	s.last = at
}

func (s *sameness) bad() bool { return s.n >= samenessMin && !s.differ }
