package digest

import (
	"strings"

	"weir/system/message"
)

// Meter measures packets. Not safe for concurrent use: who works in parallel has one
// each.
type Meter struct {
	d     *Digest
	known *Digest // has many texts already; may be nil
	memo  memo
	last  [tables]pending
}

// pending are the counts of neighbours under one key, which mostly are many.
type pending struct {
	order uint64
	text  string
	Counts
}

// NewMeter returns a meter for digests of those limits. Names that known has are not
// copied; it may be nil.
func NewMeter(l Limits, known *Digest) *Meter { return &Meter{d: New(l), known: known} }

// Packet returns what a packet adds. The digest is the meter's: it is valid until the
// next call. O(bytes of the entries' beginnings + entries * log distinct).
func (m *Meter) Packet(p *message.Packet) *Digest {
	d := m.d
	d.packets, d.untimed = 1, Counts{}
	for i := range d.tables {
		d.tables[i].reset()
	}
	entries := p.Open()
	m.begin(byEmitter, p.ID.Source)
	for i := range entries {
		e := &entries[i]
		level := levelOf(e.Severity)
		if i == 0 || e.Source != entries[i-1].Source {
			m.begin(bySource, e.Source)
		}
		m.last[byEmitter].one(level, e.Time)
		m.last[bySource].one(level, e.Time)
		text, order := m.memo.template(e.Text)
		m.at(byTemplate, order, text)
		m.last[byTemplate].one(level, e.Time)
		if e.Time == 0 {
			d.untimed.Levels[level]++
			continue
		}
		m.at(byTime, orderOf(e.Time), "")
		m.last[byTime].one(level, e.Time)
	}
	for i := range m.last {
		m.flush(i)
		m.last[i].text = ""
	}
	return d
}

// begin goes on with counts under a name.
func (m *Meter) begin(table int, name string) {
	name = clean(name)
	order := hashOf(name)
	text, ok := "", false
	if m.known != nil {
		text, ok = m.known.tables[table].known(order, name)
	}
	if !ok {
		text = strings.Clone(name) // it must not hold on to a packet
	}
	m.at(table, order, text)
}

// at goes on with counts under a key.
func (m *Meter) at(table int, order uint64, text string) {
	if p := &m.last[table]; p.order != order || p.text != text {
		m.flush(table)
		p.order, p.text = order, text
	}
}

// flush puts the pending counts into their table.
func (m *Meter) flush(table int) {
	p := &m.last[table]
	for _, n := range p.Levels {
		if n > 0 {
			m.d.tables[table].add(p.order, p.text, &p.Counts)
			p.Counts = Counts{}
			return
		}
	}
}
