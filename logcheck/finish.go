package logcheck

import (
	"bufio"
	"slices"
)

// settledReasons are the reasons of `stopped` that mean the run came to rest.
var settledReasons = []string{"quiescent", "settled"}

// finish asks every rule for its verdict and makes the run's.
func (e *engine) finish() (*Verdict, error) {
	t := e.ctx.Truth
	e.end.Time = t.now
	e.end.Settled = slices.Contains(settledReasons, e.end.Why)
	e.end.LivenessDue = e.end.Settled || e.end.Why != "" && e.ctx.Run.SettleMax > 0 &&
		t.now-t.lastAct >= int64(e.ctx.Run.SettleMax)
	e.frames()
	results := map[string]Result{}
	var order []string
	for _, rule := range e.rules {
		r := rule.Finish(&e.end)
		r.ID = rule.ID()
		results[r.ID] = r
		order = append(order, r.ID)
	}
	for _, t := range []*Tally{&e.form.h2, &e.form.h6, &e.form.h7} {
		results[t.Name] = t.Result()
	}
	e.sampleOnly(results)
	v := &Verdict{Records: e.records, EndTime: e.end.Time, Stopped: e.end.Why}
	ids := PropertyIDs()
	for _, id := range order { // custom properties come last
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, id := range ids {
		r, ok := results[id]
		if ok && (e.opt.wanted([]string{id}) || slices.Contains(integrityIDs, id) || !slices.Contains(PropertyIDs(), id)) {
			v.Results = append(v.Results, r)
		}
	}
	v.judge(e.ctx.Run)
	return v, e.texts(v)
}

// frames judges the beginnings and ends of the files (H2, H7).
func (e *engine) frames() {
	halted := e.end.Why != "" && !e.end.Settled
	present := map[Sym]bool{}
	for _, f := range e.ctx.Files {
		present[f.Node] = true
		e.form.h7.Judged++
		last := Ref{file: f, Line: f.lines}
		excused := f.Crashed || halted
		switch {
		case f.torn && !excused:
			e.form.h7.Failf([]Ref{{file: f, Line: f.lines + 1}}, "%s ends in the middle of a line and did not crash", f.Name)
		case !f.hasLog && !(f.Crashed && f.lines == 0):
			e.form.h2.Failf([]Ref{{file: f, Line: 1}}, "%s has no log line", f.Name)
		case !f.Ended && !excused:
			e.form.h2.Failf([]Ref{last}, "%s has no end line and did not crash", f.Name)
		}
	}
	for _, n := range e.ctx.Run.Nodes {
		if !present[e.ctx.Names.InternString(n.Name)] {
			e.form.h2.Unknownf("no log of node %s", n.Name)
		}
	}
	e.strangers()
	if e.ctx.Names.full() {
		e.form.h6.Failf(nil, "more than %d names", namesMax)
	}
}

// strangers finds files of nodes that the header does not know, or knows in
// another role.
func (e *engine) strangers() {
	roles := map[Sym]string{}
	for _, n := range e.ctx.Run.Nodes {
		roles[e.ctx.Names.InternString(n.Name)] = n.Role
	}
	for _, f := range e.ctx.Files {
		if role, ok := roles[f.Node]; !f.Faults && (!ok || f.hasLog && role != f.Role.String()) {
			e.form.h2.Failf([]Ref{{file: f, Line: 1}}, "%s: run.json has no such node in this role", f.Name)
		}
	}
}

// witnessMax is how many bytes of a witness's text are shown.
const witnessMax = 512

// texts fills in what the witnesses' lines say, by reading their files again.
func (e *engine) texts(v *Verdict) error {
	var refs []*Ref
	for i := range v.Results {
		for k := range v.Results[i].Witness {
			w := &v.Results[i].Witness[k]
			w.File = w.file.Name
			refs = append(refs, w)
		}
	}
	if e.opt.NoTexts {
		return nil
	}
	files := slices.Clone(e.ctx.Files)
	for _, s := range e.ctx.scrapes {
		files = append(files, s.file)
	}
	for _, s := range e.ctx.badScrapes {
		files = append(files, s.at.file)
	}
	for _, f := range files {
		var mine []*Ref
		for _, w := range refs {
			if w.file == f {
				mine = append(mine, w)
			}
		}
		if len(mine) > 0 {
			if err := e.readTexts(f, mine); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *engine) readTexts(f *File, refs []*Ref) error {
	rc, err := e.src.Open(f.Name)
	if err != nil {
		return err
	}
	defer rc.Close()
	last := 0
	for _, w := range refs {
		last = max(last, w.Line)
	}
	in := bufio.NewReaderSize(rc, 64<<10)
	for line := 1; line <= last; line++ {
		text, more, err := in.ReadLine()
		if err != nil {
			return nil // a torn or vanished end: the witness stays without text
		}
		for _, w := range refs {
			if w.Line == line {
				w.Text = cut(Sanitise(string(text)), witnessMax)
			}
		}
		for more && err == nil {
			_, more, err = in.ReadLine()
		}
	}
	return nil
}
