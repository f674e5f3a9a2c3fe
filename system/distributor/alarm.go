package distributor

import (
	"time"

	"weir/system/node"
)

// alarm is a timer that only ever moves to an earlier time, so that a change of
// what it waits for rarely costs anything: who is woken too early sets it again.
type alarm struct {
	key   uint64
	timer node.Timer // 0: not set
	at    time.Duration
}

// by makes sure that the alarm goes off by the given time.
func (a *alarm) by(env node.Env, at time.Duration) {
	if a.timer != 0 {
		if a.at <= at {
			return
		}
		env.Cancel(a.timer)
	}
	a.at = at
	a.timer = env.After(at-env.Now(), a.key)
}

// fired reports whether the event is this alarm's, and if so unsets it.
func (a *alarm) fired(ev *node.Event) bool {
	if a.timer == 0 || ev.Timer != a.timer {
		return false
	}
	a.timer = 0
	return true
}

// pauseGuard notices that its actor was not run for a while: an actor that is
// running handles an event at least twice in the time that counts as a pause.
type pauseGuard struct {
	pause time.Duration
	beat  alarm
	last  time.Duration // of the latest event
	told  time.Duration // when a pause was last noticed, from 1
}

// check returns by how much the time since the last event exceeds what can
// happen to an actor that runs; 0 if it does not.
func (g *pauseGuard) check(env node.Env) (gap time.Duration) {
	now := env.Now()
	gap = now - g.last
	g.last = now
	g.beat.by(env, now+g.pause/2)
	if gap > g.pause {
		return gap
	}
	return 0
}

// first reports whether no pause was noticed at this very time before.
func (g *pauseGuard) first(now time.Duration) bool {
	if g.told == now+1 {
		return false
	}
	g.told = now + 1
	return true
}
