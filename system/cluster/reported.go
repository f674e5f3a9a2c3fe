package cluster

import "time"

// Reported is who is there by the word of somebody else who watches: in the real world
// memberlist (system/cluster/swim). Words of peers only tell of later incarnations.
type Reported struct{ members []Member }

// NewReported returns the view of a node that was told of nobody.
func NewReported(peers []string) *Reported {
	v := &Reported{}
	for _, p := range peers {
		v.members = append(v.members, Member{Name: p})
	}
	return v
}

// Report takes that a peer, in that incarnation or one that is not known (0), is there or
// is not, and returns whether that is another status than before. What is said of an older
// incarnation than the newest known means nothing.
func (v *Reported) Report(i int, inc uint32, alive bool) (changed bool) {
	m := &v.members[i]
	if inc != 0 && inc < m.Inc {
		return false
	}
	status := Failed
	if alive {
		status = Alive
	}
	changed = status != m.Status || inc > m.Inc
	m.Status, m.Inc = status, max(m.Inc, inc)
	return changed
}

// Member returns what is known of a peer.
func (v *Reported) Member(i int) Member { return v.members[i] }

// Live reports whether a peer is not known to have failed.
func (v *Reported) Live(i int) bool { return v.members[i].Status != Failed }

// Heard takes a word of a peer: it says which incarnation runs, and no more.
func (v *Reported) Heard(i int, inc uint32, _ time.Duration) (changed, stale bool) {
	m := &v.members[i]
	if inc < m.Inc {
		return false, true
	}
	changed = inc > m.Inc || m.Status == Unknown
	if m.Inc = inc; m.Status == Unknown {
		m.Status = Alive
	}
	return changed, false
}

// Tick judges nothing: silence is for who watches.
func (*Reported) Tick(time.Duration, func(int)) {}

// Excuse forgets nothing.
func (*Reported) Excuse(time.Duration) {}
