package emitter

import "weir/system/node"

// measures are what an emitter measures beside its counters.
type measures struct {
	messages uint64     // of the packets emitted
	toAck    node.Times // from emit to acked
}

// Samples implements node.Sampler.
func (e *emitter) Samples(s []node.Sample) []node.Sample {
	s = append(s,
		node.Truth("ready", !e.stopping && (e.in == nil || e.in.disk.ready)),
		node.Truth("drained", e.drained),
		node.Count("emitted", "", e.emitted),
		node.Count("emitted_messages", "", e.measured.messages),
		node.Count("submits", "", e.send.submits),
		node.Level("open_packets", "", e.book.count),
		node.Level("open_bytes", "", e.book.bytes),
		e.measured.toAck.Sample("ack_time", ""),
	)
	for out, n := range e.ended {
		s = append(s, node.Count("outcomes", verdictNames[out], n))
	}
	if e.gen != nil {
		s = append(s, node.Truth("back_pressure", e.gen.blocked), node.Count("kept_out", "", e.gen.keptAll+e.gen.keptOut))
	}
	return s
}
