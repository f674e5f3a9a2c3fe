package distributor

import (
	"slices"
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/route"
)

// Bounds of the answers that tell the state.
const (
	statesMost    = 16              // questions at once
	stateCells    = 4096            // analysers x workers of one answer
	statePageMost = 256             // analysers of one answer
	stateWait     = 2 * time.Second // workers that have not answered by then are left out
)

// look asks a worker what it makes of some analysers. The answer is a seen.
type look struct {
	local
	serial uint64
	ids    []string // ascending
}

// seen answers a look: a row for each of its ids.
type seen struct {
	local
	serial uint64
	rows   []row
}

// row is what a worker makes of one analyser.
type row struct {
	known              bool
	status             route.Status
	inFlight           int
	decided, delivered uint64
}

// gather is an answer that is being put together.
type gather struct {
	serial uint64
	reply  node.ReplyTo
	until  time.Duration
	ids    []string
	answer *message.StateOK
	owed   int // workers
}

// gathers are the questions for the state that are open, oldest first.
type gathers struct {
	open   []*gather
	serial uint64
	limit  alarm
}

// tell begins to answer a question for the state.
func (s *supervisor) tell(env node.Env, to node.ReplyTo, m *message.State) {
	if len(s.states.open) >= statesMost {
		answer(env, to, &message.StateOK{Why: "too many ask at once"})
		return
	}
	s.states.serial++
	g := &gather{serial: s.states.serial, reply: to, until: env.Now() + stateWait, answer: &message.StateOK{Workers: uint32(len(s.workers))}}
	if s.table != nil {
		g.page(s.table, m.After, len(s.workers))
	}
	s.states.open = append(s.states.open, g)
	for i := range s.workers {
		if len(g.ids) == 0 {
			break // there is nothing to ask
		}
		w := env.Self()
		w.Actor = s.workers[i].name
		if _, err := env.Request(w, &look{serial: g.serial, ids: g.ids}); err == nil {
			g.owed++
		} else {
			g.answer.Silent++
		}
	}
	s.told(env, g)
}

// page takes in what the table says of the analysers after an id, as many as an answer
// may have.
func (g *gather) page(t *table, after string, workers int) {
	entries := make([]route.Entry, len(t.members))
	for i, m := range t.members {
		entries[i] = route.Entry{ID: m.id, Weight: m.weight, Status: m.status()}
	}
	v, err := route.NewViewAt(1, t.version, entries)
	assert(err == nil, "view of a valid table: %v", err)
	from, found := t.find(after)
	if found {
		from++
	}
	to := min(len(t.members), from+max(1, min(statePageMost, stateCells/workers)))
	g.answer.Version, g.answer.More = t.version, to < len(t.members)
	for i, m := range t.members[from:to] {
		g.ids = append(g.ids, m.id)
		g.answer.Analysers = append(g.answer.Analysers, message.AnalyserState{ID: m.id, Weight: m.weight, Drained: m.drain, Wanted: uint64(v.Share(from + i))})
	}
}

// look tells what this worker makes of the analysers.
func (w *worker) look(ids []string) []row {
	rows := make([]row, len(ids))
	for i, id := range ids {
		if s := w.find(id); s != nil {
			rows[i] = row{known: true, status: s.status(), inFlight: s.inFlight, decided: s.decided, delivered: s.delivered}
		}
	}
	return rows
}

// seenBy adds a worker's rows to the answer that they are for, if it is still open.
func (s *supervisor) seenBy(env node.Env, worker string, m *seen) {
	i := slices.IndexFunc(s.states.open, func(g *gather) bool { return g.serial == m.serial })
	if i < 0 {
		return
	}
	g := s.states.open[i]
	g.owed--
	for k, r := range m.rows {
		a := &g.answer.Analysers[k]
		a.InFlight += uint64(r.inFlight)
		a.Decided += r.decided
		a.Delivered += r.delivered
		ws := message.WorkerState{Worker: worker, InFlight: uint64(r.inFlight)}
		if r.known {
			ws.Status = r.status.String()
		}
		a.Workers = append(a.Workers, ws)
	}
	s.told(env, g)
}

// told answers once no worker is awaited any more.
func (s *supervisor) told(env node.Env, g *gather) {
	if g.owed > 0 {
		s.states.limit.by(env, s.states.open[0].until)
		return
	}
	order := map[string]int{}
	for i := range s.workers {
		order[s.workers[i].name] = i
	}
	for i := range g.answer.Analysers { // they answer in any order
		slices.SortFunc(g.answer.Analysers[i].Workers, func(a, b message.WorkerState) int { return order[a.Worker] - order[b.Worker] })
	}
	s.states.open = slices.DeleteFunc(s.states.open, func(o *gather) bool { return o == g })
	answer(env, g.reply, g.answer)
}

// overdue answers without the workers that did not.
func (s *supervisor) overdue(env node.Env) {
	for len(s.states.open) > 0 && s.states.open[0].until <= env.Now() {
		g := s.states.open[0]
		g.answer.Silent += uint32(g.owed)
		g.owed = 0
		s.told(env, g)
	}
	if len(s.states.open) > 0 {
		s.states.limit.by(env, s.states.open[0].until)
	}
}
