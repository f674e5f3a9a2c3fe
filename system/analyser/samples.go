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
	if a.front == (node.Addr{}) {
		s = append(s,
			node.Truth("ready", a.ready && !a.batch.held && !a.stopping),
			node.Count("poisoned", "", a.poisoned))
	}
	return append(s,
		node.Truth("disk_held", a.batch.held),
		node.Count("commits", "", a.commits),
		node.Count("committed_messages", "", a.measured.messages),
		node.Count("duplicates", "", a.duplicates),
		node.Count("batches", "", a.measured.batches),
		node.Level("pending_packets", "", len(a.gather)+len(a.waiting)+len(a.batch.jobs)),
		node.Level("pending_bytes", "", a.bytes),
		a.measured.toCommit.Sample("commit_time", ""),
	)
}

// Samples implements node.Sampler.
func (f *front) Samples(s []node.Sample) []node.Sample {
	return append(s, node.Truth("ready", f.ready()))
}

// Samples implements node.Sampler.
func (w *worker) Samples(s []node.Sample) []node.Sample {
	return append(s, node.Count("poisoned", "", w.poisoned))
}

// Samples implements node.Sampler.
func (o *outside) Samples(s []node.Sample) []node.Sample {
	if o.results {
		s = levelSamples(s, o.levels)
	}
	return append(s,
		node.Truth("disk_held", o.held),
		node.Count("commits", "", o.commits),
		node.Count("committed_messages", "", o.messages),
		node.Count("duplicates", "", o.duplicates),
		node.Count("batches", "", o.batches),
		node.Level("pending_packets", "", len(o.gather)+len(o.batch)),
		o.toCommit.Sample("commit_time", ""),
	)
}
