package cluster

import "time"

// Status is what a View makes of a peer.
type Status uint8

// The statuses.
const (
	Unknown Status = iota // nothing was heard of it yet, nor is it overdue
	Alive
	Suspect // silent for a while
	Failed  // silent for long
)

// String returns the status's name in the log.
func (s Status) String() string {
	return [...]string{"unknown", "alive", "suspect", "failed"}[s]
}

// Member is a peer as a View sees it.
type Member struct {
	Name   string
	Inc    uint32 // newest incarnation heard of, 0: none
	Status Status
	heard  time.Duration // its latest word, or the beginning
}

// View is who is there, by what was heard. Peers have the index of their name.
type View struct {
	suspect, fail time.Duration
	members       []Member
}

// NewView returns the view of a node that begins now and has heard of nobody.
func NewView(cfg Config, peers []string, now time.Duration) *View {
	cfg = cfg.WithDefaults()
	v := &View{suspect: cfg.Suspect, fail: cfg.Fail}
	for _, p := range peers {
		v.members = append(v.members, Member{Name: p, heard: now})
	}
	return v
}

// Member returns what is known of a peer.
func (v *View) Member(i int) Member { return v.members[i] }

// Live reports whether a peer is not known to have failed.
func (v *View) Live(i int) bool { return v.members[i].Status != Failed }

// Heard takes a word of an incarnation of a peer. stale says that a later one was heard
// of: then it means nothing. changed says that status or incarnation are others now.
func (v *View) Heard(i int, inc uint32, now time.Duration) (changed, stale bool) {
	m := &v.members[i]
	if inc < m.Inc {
		return false, true
	}
	changed = inc > m.Inc || m.Status != Alive
	m.Inc, m.Status, m.heard = inc, Alive, now
	return changed, false
}

// Tick judges silence and calls changed for each peer whose status is another now.
func (v *View) Tick(now time.Duration, changed func(i int)) {
	for i := range v.members {
		m := &v.members[i]
		silence, next := now-m.heard, m.Status
		switch {
		case silence > v.fail:
			next = Failed
		case silence > v.suspect && m.Status != Failed:
			next = Suspect
		}
		if next != m.Status {
			m.Status = next
			changed(i)
		}
	}
}

// Excuse forgets the silence of peers: the node itself was not running.
func (v *View) Excuse(now time.Duration) {
	for i := range v.members {
		if v.members[i].Status != Failed {
			v.members[i].heard = now
		}
	}
}
