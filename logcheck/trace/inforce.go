package trace

import (
	"slices"

	"weir/logcheck"
)

// endedBy pairs the verbs of FORMAT.md section 6 that begin a state with those that end it.
var endedBy = map[string]string{
	"crash": "restart", "stop": "restart",
	"pause": "resume", "slow": "normal", "load": "unload", "cut": "heal", "hold": "release", "impair": "mend",
	"gauge_lost": "gauge_back", "gauge_nan": "gauge_back", "skew": "resync", "drift": "resync", "freeze": "thaw",
	"disk_lie": "disk_honest", "disk_fill": "disk_free", "disk_break": "disk_repair", "disk_stall": "disk_flow",
}

// state is a fault that lasts.
type state struct {
	do, node, actor, from, to, class string
	text                             string
	since                            int64
}

// same reports whether both act on the same thing.
func (s *state) same(o *state) bool {
	return s.node == o.node && s.actor == o.actor && s.from == o.from && s.to == o.to && (o.class == "all" || s.class == o.class)
}

// inForce are the faults that last, in the order in which they began.
type inForce []state

// note takes a fault record.
func (f *inForce) note(r *logcheck.Record) {
	s := state{
		do: r.Str(logcheck.KeyDo), node: r.Str(logcheck.KeyN), actor: r.Str(logcheck.KeyAct),
		from: r.Str(logcheck.KeyFrom), to: r.Str(logcheck.KeyTo), class: r.Str(logcheck.KeyCls), since: r.T,
	}
	*f = slices.DeleteFunc(*f, func(old state) bool {
		return old.same(&s) && (old.do == s.do || endedBy[old.do] == s.do)
	})
	if endedBy[s.do] != "" && len(*f) < mailMax {
		s.text = act(r)
		*f = append(*f, s)
	}
}

// met lists what is in force on a node, and between it and others that were met before.
func (f inForce) met(node string, before []string) []string {
	var texts []string
	for i := range f {
		s := &f[i]
		link := s.from == node && slices.Contains(before, s.to) || s.to == node && slices.Contains(before, s.from)
		if s.node == node || link {
			texts = append(texts, "in force since "+at(s.since)+": "+s.text)
		}
	}
	return texts
}
