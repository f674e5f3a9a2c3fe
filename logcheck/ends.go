package logcheck

// ended judges C12 for an incarnation that ended in order, as its counters show: a
// distributor says of each packet that it admitted how it ended, an analyser has
// answered each packet that it received, unless its disk did not let it.
func (d *delivery) ended(r *Record) {
	switch {
	case !r.File.counted:
	case r.File.Role == RoleDistributor:
		d.ledger.each(func(p *Packet) {
			for i := range p.works {
				w := &p.works[i]
				if w.open && w.admitted > 0 && d.ctx.FileOf(int(w.who)) == r.File {
					d.c12.Case()
					d.c12.Failf([]Ref{w.admitAt.ref(), r.Ref()}, "%s was admitted and nothing says how it ended, at an orderly end", d.text(p))
				}
			}
		})
	case r.File.Role == RoleAnalyser:
		if s := d.storeOf(r.File); s == nil || s.hindered || !s.answers {
			return
		}
		d.ledger.each(func(p *Packet) {
			if a := p.arrivalAt(r.File.Index); a != nil && !a.answered {
				d.c12.Case()
				d.c12.Failf([]Ref{a.at.ref(), r.Ref()}, "%s was received and not answered, at an orderly end", d.text(p))
			}
		})
	}
}

// saysReady judges C14 for an analyser that tells a probe it is ready: the newest
// append of its commits did not fail. Who answers for workers hears of it from the store,
// and has as long as A5 gives.
func (d *delivery) saysReady(r *Record) {
	s := d.storeOf(r.File)
	if s != nil && s.workers != nil && r.T-s.failT <= d.storeLimit()+d.ctx.ClockError {
		return
	}
	if s != nil && s.failing.valid() && s.failing.file == r.File {
		d.c14.Failf([]Ref{s.failing, r.Ref()}, "%s says that it is ready and its disk does not take its commits", d.names.Name(s.node))
	}
}

// judgeMessages judges C10 for the messages that a store holds after a recovery: those
// of its effects, less those of effects that are newly reported lost.
func (d *delivery) judgeMessages(r *Record, s *store, lost uint64) {
	if !r.Has(KeyMsgs) {
		return
	}
	got, least := r.Int(KeyMsgs), s.msgs
	if lost > s.lost {
		least -= int64(lost-s.lost) * max(d.run.Distributor.PacketMax, 1)
	}
	if !s.msgless && (got > s.msgs || got < least) {
		d.c10.Failf([]Ref{s.rot, r.Ref()}, "%s recovered effects of %d messages, those that it had and did not report lost have %d", d.names.Name(s.node), got, s.msgs)
	}
	s.msgs, s.msgless, s.lost = got, false, lost
}
