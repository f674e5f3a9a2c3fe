package analyser

import "weir/system/node"

// measures are what an analyser measures beside its counters.
type measures struct {
	messages uint64     // of the packets committed
	batches  uint64     // appends that became durable
	toCommit node.Times // from taking a packet to its durable commit
}

// Samples implements node.Sampler.
func (a *analyser) Samples(s []node.Sample) []node.Sample {
	s = a.resultSamples(s)
	return append(s,
		node.Truth("ready", a.ready && !a.batch.held && !a.stopping),
		node.Truth("disk_held", a.batch.held),
		node.Count("commits", "", a.commits),
		node.Count("committed_messages", "", a.measured.messages),
		node.Count("duplicates", "", a.duplicates),
		node.Count("poisoned", "", a.poisoned),
		node.Count("batches", "", a.measured.batches),
		node.Level("pending_packets", "", len(a.gather)+len(a.waiting)+len(a.batch.jobs)),
		node.Level("pending_bytes", "", a.bytes),
		a.measured.toCommit.Sample("commit_time", ""),
	)
}
