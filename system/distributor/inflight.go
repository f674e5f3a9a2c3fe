package distributor

import (
	"errors"
	"slices"
	"time"

	"weir/system/detect"
	"weir/system/message"
	"weir/system/node"
)

// Reasons why an attempt failed, as the log names them.
const (
	whyTimeout     = "timeout"
	whyRefused     = "refused"
	whyReset       = "reset"
	whyFull        = "full"
	whyBusy        = "busy"
	whyUnavailable = "unavailable"
	whyDown        = "down"
)

// whys are all of them.
var whys = [...]string{whyTimeout, whyRefused, whyReset, whyFull, whyBusy, whyUnavailable, whyDown}

// whyOf names an error of the world.
func whyOf(err error) string {
	switch {
	case errors.Is(err, node.ErrFull), errors.Is(err, node.ErrOutstanding), errors.Is(err, node.ErrTooLarge):
		return whyFull
	case errors.Is(err, node.ErrRefused), errors.Is(err, node.ErrUnknown):
		return whyRefused
	}
	return whyReset
}

// send makes an attempt.
func (w *worker) send(env node.Env, j *job, s *slot) {
	now := env.Now()
	tok, err := env.Request(s.addr, &message.Dispatch{Packet: j.packet, Attempt: j.attempt, AckedBelow: j.lo})
	if err != nil {
		w.unplan(j)
		w.attemptFailed(env, j, s, now, whyOf(err))
		return
	}
	f := w.pools.flight()
	f.job, f.slot, f.token, f.attempt, f.sent, f.deadline = j, s, tok, j.attempt, now, now+w.cfg.AttemptTimeout
	if w.live.last != nil { // after a pause, earlier ones were given more time
		f.deadline = max(f.deadline, w.live.last.deadline)
	}
	w.flights[tok] = f
	w.live.push(f)
	w.timeAlarm.by(env, f.deadline)
	j.flights = append(j.flights, f)
	j.state = jobInFlight
	j.open++
	s.inFlight++
	w.noteRoom(env, s)
}

// land takes a flight out of its window.
func (w *worker) land(f *flight) {
	w.live.remove(f)
	f.slot.inFlight--
	if f.attempt > 1 {
		w.retrying--
	}
	if f.slot.inFlight < 0 || w.retrying < 0 {
		fail("%d in flight to %s, %d retries", f.slot.inFlight, f.slot.id, w.retrying)
	}
}

// receipt handles what an analyser says of an attempt, in time or late. A late
// receipt counts as long as the packet is in progress.
func (w *worker) receipt(env node.Env, f *flight, m *message.Receipt, inc uint32) {
	j, s, inTime := f.job, f.slot, f.live
	if j != nil && (m.ID != j.packet.ID || m.Attempt != f.attempt) {
		w.fail(env, f, whyReset) // not an answer to this request
		return
	}
	if inTime {
		w.land(f)
	}
	s.tally.took.Add(env.Now() - f.sent)
	attempt, sent := f.attempt, f.sent
	w.forget(f)
	if j != nil {
		switch m.Status {
		case message.StCommitted, message.StDuplicate:
			j.open--
			w.finish(env, j, s, attempt, m.Status)
		case message.StPoison:
			j.open--
			w.bury(env, j, s, m.Why)
		case message.StBusy:
			j.open--
			if inTime {
				w.attemptFailed(env, j, s, sent, whyBusy)
			}
		default: // it may still commit: the attempt stays open
			if inTime {
				w.attemptFailed(env, j, s, sent, whyUnavailable)
			}
		}
	}
	if m.Status <= message.StPoison {
		w.dataOK(env, s, inc)
	}
	w.noteRoom(env, s)
}

// forget removes a flight that is not live from all tables.
func (w *worker) forget(f *flight) {
	delete(w.flights, f.token)
	if f.job != nil {
		f.job.drop(f)
	}
	w.pools.freeFlight(f)
}

// fail ends an attempt without a receipt. After a timeout or a verdict a receipt
// may still come; after a refusal the analyser surely never had the packet.
func (w *worker) fail(env node.Env, f *flight, why string) {
	if !f.live {
		return // it failed before
	}
	w.land(f)
	j, s, sent := f.job, f.slot, f.sent
	if why == whyTimeout || why == whyDown {
		env.Forget(f.token)
		if j == nil {
			w.forget(f)
		}
	} else {
		w.forget(f)
	}
	if j != nil {
		if why == whyRefused || why == whyFull {
			j.open--
		}
		w.attemptFailed(env, j, s, sent, why)
	}
	w.noteRoom(env, s)
}

// attemptFailed logs that the packet's latest attempt failed, takes it as
// evidence where it is any, and plans the next one.
func (w *worker) attemptFailed(env node.Env, j *job, s *slot, sent time.Duration, why string) {
	j.state = jobTaken
	j.packet.ID.Log(env.Log("attempt_failed")).Uint("att", uint64(j.attempt)).Str("to", s.id).Str("why", why).End()
	s.tally.failed++
	w.measured.failures[slices.Index(whys[:], why)]++
	if reason := dataReason(why); reason != 0 {
		w.dataFailed(env, s, sent, reason)
	}
	w.reschedule(env, j)
}

// dataReason says what a failed attempt tells the detector; 0: nothing. Who
// answers that it is busy is alive, a full queue says nothing of the analyser,
// and a verdict is no evidence for itself.
func dataReason(why string) detect.Reason {
	switch why {
	case whyTimeout:
		return detect.Timeout
	case whyRefused:
		return detect.Refused
	case whyReset:
		return detect.Reset
	case whyUnavailable:
		return detect.Unavailable
	}
	return 0
}

func (w *worker) dataFailed(env node.Env, s *slot, sent time.Duration, why detect.Reason) {
	if s.member && w.watch != nil {
		w.watch.dataFailed(env, s.id, sent, why)
	}
}

func (w *worker) dataOK(env node.Env, s *slot, inc uint32) {
	if s.member && w.watch != nil {
		w.watch.dataOK(env, s.id, inc)
	}
}

// expireFlights fails the attempts whose time is over.
func (w *worker) expireFlights(env node.Env) {
	now := env.Now()
	for w.live.first != nil && w.live.first.deadline <= now {
		w.fail(env, w.live.first, whyTimeout)
	}
	if w.live.first != nil {
		w.timeAlarm.by(env, w.live.first.deadline)
	}
}

// failAll fails what is in flight to an analyser that is held for down, so that
// it is retried elsewhere at once instead of after its timeout.
func (w *worker) failAll(env node.Env, s *slot) {
	if s.inFlight == 0 {
		return
	}
	assert(len(w.failing) == 0, "attempts of two analysers are failed at once")
	for f := w.live.first; f != nil; f = f.next {
		if f.slot == s {
			w.failing = append(w.failing, f)
		}
	}
	for _, f := range w.failing {
		w.fail(env, f, whyDown)
	}
	clear(w.failing)
	w.failing = w.failing[:0]
}
