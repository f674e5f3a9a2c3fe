package main

import (
	"time"

	"weir/system/node"
)

// Limits of what is said of peers.
const (
	peerLines = 10               // lines in a span of
	peerSpan  = 10 * time.Second // this length
	peersMost = 1024             // peers that are watched
)

// peerWatch says when a distributor loses an analyser and has it back: when none of its
// workers holds it for up, and when one does again.
type peerWatch struct {
	up    map[string]bool
	began time.Time // of the span
	said  int       // in the span
	kept  int       // lines of the span that were not said
}

// look compares with what the node measured before. say tells of one peer, more of how
// many changes were not told.
func (p *peerWatch) look(now time.Time, samples []node.Sample, say func(peer string, up bool), more func(changes int)) {
	if now.Sub(p.began) >= peerSpan {
		if p.kept > 0 {
			more(p.kept)
		}
		p.began, p.said, p.kept = now, 0, 0
	}
	up := map[string]bool{}
	for i := range samples {
		if s := &samples[i]; s.Name == "up" && s.Label != node.Other && len(up) < peersMost {
			up[s.Label] = up[s.Label] || s.Value > 0
		}
	}
	for peer, is := range up {
		was, known := p.up[peer]
		switch {
		case known && is == was, !known && is:
		case p.said == peerLines:
			p.kept++
		default:
			p.said++
			say(peer, is)
		}
	}
	p.up = up
}
