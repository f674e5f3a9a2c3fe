package transport

import (
	"slices"

	"weir/system/driver"
	"weir/system/node"
)

// Part is a transport as part of a Mix.
type Part interface {
	driver.Link
	// Takes reports whether the message is this transport's to carry: a request to a
	// node that it reaches with that kind, or the answer to one that it brought.
	Takes(o *driver.Outgoing) bool
}

// HTTPHandles is the lowest handle (see driver.Incoming) of requests that HTTP
// brought; gRPC's are below. So an answer goes back the way that its request came.
const HTTPHandles = 1 << 63

// Mix is a driver.Link over several transports: each message goes over the first that
// takes it. A driver.Node must be started with it.
type Mix struct {
	n       *driver.Node
	parts   []Part
	batches [][]driver.Outgoing // for each part; reused
}

// NewMix returns the Mix of some transports.
func NewMix(parts ...Part) *Mix {
	return &Mix{parts: parts, batches: make([][]driver.Outgoing, len(parts))}
}

// Bind implements driver.Link.
func (m *Mix) Bind(n *driver.Node) {
	m.n = n
	for _, p := range m.parts {
		p.Bind(n)
	}
}

// Knows implements driver.Link.
func (m *Mix) Knows(name string) bool {
	return slices.ContainsFunc(m.parts, func(p Part) bool { return p.Knows(name) })
}

// Send implements driver.Link. The order of what goes to one node by one kind is kept.
func (m *Mix) Send(batch []driver.Outgoing) {
	for i := range batch {
		o := &batch[i]
		part := slices.IndexFunc(m.parts, func(p Part) bool { return p.Takes(o) })
		if part >= 0 {
			m.batches[part] = append(m.batches[part], *o)
			continue
		}
		Left(m.n, batch[i:i+1])
		if o.Re.Token == 0 {
			m.n.Fail(o.From.Actor, o.Token, node.ErrRefused)
		}
	}
	for i, p := range m.parts {
		if len(m.batches[i]) > 0 {
			p.Send(m.batches[i])
			clear(m.batches[i])
			m.batches[i] = m.batches[i][:0]
		}
	}
}
