package scenarios

import (
	"time"

	gossip "weir/system/cluster"
)

// The states in which distributors share their table; the second shares counts as well.
const (
	crdtState       = "crdt"
	crdtCountsState = "crdt-counts"
)

func (s *Scenario) clustered() bool {
	return s.Distributors.State == crdtState || s.Distributors.State == crdtCountsState
}

// Gossip is what ties the distributors together in these states; each leaves itself out.
func (s *Scenario) Gossip() gossip.Config {
	g := &s.Distributors.Gossip
	cfg := gossip.Config{Interval: g.Interval, Timeout: g.Timeout, PartBytes: int(g.Part)}
	for _, n := range s.Nodes() {
		if n.Role == RoleDistributor {
			cfg.Peers = append(cfg.Peers, n.Name)
		}
	}
	return cfg
}

// convergeMax is the promise of how soon what one distributor knows of the table reaches
// another that it can talk to: the rounds, and what the messages of a round, their parts
// and the disk take, generously.
func (s *Scenario) convergeMax() time.Duration {
	if !s.clustered() || s.Distributors.Count < 2 {
		return 0
	}
	cfg := s.Gossip()
	cfg.Peers = cfg.Peers[1:] // one of them is the node itself
	bytes := len(s.AnalyserList()) * entryBytes
	if s.Distributors.State == crdtCountsState {
		bytes += countBytes * (1 + len(s.AnalyserList())) * (1 + s.Distributors.Count)
	}
	parts := 1 + time.Duration(bytes/int(s.Distributors.Gossip.Part))
	return cfg.ConvergeMax() + (2+parts)*s.slack() + applyMax
}

// entryBytes is more than what the table takes for one analyser, removed ones included,
// when its weight and its registration are of different distributors.
const entryBytes = 512

// countBytes is more than what counts take for one analyser of one distributor that does
// not die twice before it is heard of again.
const countBytes = 128
