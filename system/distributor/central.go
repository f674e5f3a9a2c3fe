package distributor

import (
	"weir/system/detect"
	"weir/system/node"
)

// With Central the supervisor runs the detectors and tells the workers its
// verdicts with the table; workers then have no detector of their own. Verdicts
// rest on the supervisor's own probes alone: what workers see of their packets is
// evidence for nobody, so that, unlike a worker's own detector, a central one is
// blind to an analyser that answers probes and commits nothing.

// verdict is told of each change of a verdict of the supervisor's detectors.
func (s *supervisor) verdict(env node.Env, _ string, _ detect.State) {
	s.push(env)
}

// verdicts returns which analysers of the table are down, nil if each worker
// judges for itself.
func (s *supervisor) verdicts() []bool {
	if s.watch == nil || s.table == nil {
		return nil
	}
	down := make([]bool, len(s.table.members))
	for i, m := range s.table.members {
		down[i] = s.watch.state(m.id) == detect.Down
	}
	return down
}
