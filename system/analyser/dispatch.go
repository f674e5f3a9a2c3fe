package analyser

import (
	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
)

// dispatch decides what becomes of a packet. A receipt that promises a commit is
// given later, when the commit is durable.
func (a *analyser) dispatch(env node.Env, w waiting) {
	m := w.m
	p := m.Packet
	refuse := func(st message.Status, why string) { a.answer(env, w.who, p.ID, st, why) }
	probe := isProbe(p)
	if !probe {
		// Also from a packet that goes no further: what its source has outcomes for
		// must not be committed from now on.
		a.store.Learn(p.ID.Source, p.ID.Inc, m.AckedBelow)
	}
	if w.effect == nil { // else a worker has looked at it
		if a.hash.Verify(p) != nil {
			refuse(message.StUnavailable, "hash")
			return
		}
		if why := poison(&a.cfg, p); why != "" {
			a.poisoned++
			p.ID.Log(env.Log("poisoned")).Str("why", why).End()
			refuse(message.StPoison, why)
			return
		}
	}
	if probe {
		a.take(env, w, true)
		return
	}
	switch a.store.Look(p.ID, p.Hash) {
	case store.Fresh:
		a.take(env, w, false)
	case store.Seen:
		a.dup(env, p.ID, "seen")
		refuse(message.StDuplicate, "seen")
	case store.Pending:
		a.attach(env, w)
	case store.Below:
		a.dup(env, p.ID, "below")
		refuse(message.StDuplicate, "below")
	case store.Conflict:
		a.dup(env, p.ID, "conflict")
		refuse(message.StPoison, "conflict")
	case store.NoRoom:
		refuse(message.StBusy, "memory of ids")
	}
}

// isProbe reports whether a packet is a data probe, which has no effect.
func isProbe(p *message.Packet) bool {
	return p.ID.Source == message.ProbeSource && len(p.Entries) == 0
}

// poison returns why no analyser will ever take the packet, or "".
func poison(cfg *Config, p *message.Packet) string {
	for i := range p.Entries {
		if p.Entries[i].Size() > cfg.EntryMax {
			return "entry_too_large"
		}
	}
	return ""
}

func (a *analyser) dup(env node.Env, id message.ID, why string) {
	a.duplicates++
	id.Log(env.Log("dup")).Str("why", why).End()
}

// take gathers a packet for the next batch, if there is room.
func (a *analyser) take(env node.Env, w waiting, probe bool) {
	m := w.m
	p := m.Packet
	switch {
	case a.batch.held:
		a.answer(env, w.who, p.ID, message.StUnavailable, "disk")
		return
	case a.full(m):
		a.answer(env, w.who, p.ID, message.StBusy, "pending")
		return
	}
	if !probe {
		a.store.Reserve(p.ID, p.Hash, m.AckedBelow)
	}
	a.bytes += p.Bytes
	j := &job{packet: p, lo: m.AckedBelow, effect: w.effect, probe: probe, since: env.Now()}
	j.askers = append(j.asker[:0], w.who)
	a.gather = append(a.gather, j)
}

// attach adds a further asker to a packet whose commit is under way.
func (a *analyser) attach(env node.Env, w waiting) {
	id := w.m.Packet.ID
	if a.batch.held {
		a.answer(env, w.who, id, message.StUnavailable, "disk")
		return
	}
	j := findJob(a.gather, id)
	if j == nil {
		j = findJob(a.batch.jobs, id)
	}
	assert(j != nil, "a packet that is pending is in a batch")
	if len(j.askers) >= askersMax {
		a.answer(env, w.who, id, message.StBusy, "pending")
		return
	}
	j.askers = append(j.askers, w.who)
}

// findJob returns the job of a packet, or nil. Duplicates of what is under way are
// rare, so a search does.
func findJob(jobs []*job, id message.ID) *job {
	for _, j := range jobs {
		if j.packet.ID == id && !j.probe {
			return j
		}
	}
	return nil
}
