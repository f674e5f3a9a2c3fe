package distributor

import (
	"encoding/json"
	"time"

	"weir/system/message"
	"weir/system/node"
)

// corpse is a packet on its way to the dead-letter file.
type corpse struct {
	packet   *message.Packet
	reply    node.ReplyTo
	why      string
	to       string
	definite bool
}

// deadFile appends a worker's poison packets, one JSON object a line, each
// durable before the packet's outcome is told. When it would exceed its size it
// is set aside and the one set aside before is lost, so that a worker keeps at
// most twice that size. A disk that fails is tried again until it works; the
// packets wait, and the queue of the distributor bounds them.
type deadFile struct {
	name  string
	limit int
	size  int
	known bool // size is that of the file
	torn  bool // a failed append may have left half a line

	waiting []corpse
	writing int        // how many of them the append under way covers
	token   node.Token // of the operation under way, 0: none
	op      deadOp
	line    []byte
	tries   int
	retry   alarm
}

// deadOp is an operation on the dead-letter file.
type deadOp uint8

const (
	deadRead   deadOp = iota // to learn its size
	deadAppend               // of waiting packets
	deadRename               // sets it aside
)

// deadBatch bounds the bytes of one append beyond its first packet.
const deadBatch = 1 << 20

// Waits between tries of an operation that failed.
const (
	deadWait    = 100 * time.Millisecond
	deadWaitMax = 5 * time.Second
)

func newDeadFile(worker string, limit int) deadFile {
	return deadFile{name: "dead." + worker, limit: limit, retry: alarm{key: keyDead}}
}

// add queues a packet.
func (d *deadFile) add(env node.Env, c corpse) {
	d.waiting = append(d.waiting, c)
	d.next(env)
}

// next begins the operation that is needed now, if none is under way.
func (d *deadFile) next(env node.Env) {
	if d.token != 0 || d.retry.timer != 0 || len(d.waiting) == 0 {
		return
	}
	if !d.known {
		d.op, d.token = deadRead, env.Disk().Read(d.name)
		return
	}
	line := d.lines()
	if d.size > 0 && d.size+len(line) > d.limit {
		d.op, d.token = deadRename, env.Disk().Rename(d.name, d.name+".old")
		return
	}
	d.line = line
	d.op, d.token = deadAppend, env.Disk().Append(d.name, line, true)
}

// lines encodes the packets that go into one append. A packet that alone exceeds
// the file's limit is recorded without its entries.
func (d *deadFile) lines() []byte {
	var b []byte
	if d.torn {
		b = append(b, '\n')
	}
	d.writing = 0
	for i := range d.waiting {
		line := deadLine(&d.waiting[i], true)
		if len(line)+1 > d.limit {
			line = deadLine(&d.waiting[i], false)
		}
		if i > 0 && (len(b)+len(line) > deadBatch || len(b)+len(line) > d.limit) {
			break
		}
		b = append(b, line...)
		d.writing++
	}
	return b
}

// deadLine encodes one packet.
func deadLine(c *corpse, entries bool) []byte {
	type line struct {
		ID      string          `json:"id"`
		Why     string          `json:"why"`
		To      string          `json:"to"`
		Hash    uint32          `json:"hash"`
		Bytes   int             `json:"bytes"`
		Cut     bool            `json:"cut,omitempty"` // the entries were too large
		Entries []message.Entry `json:"entries"`
	}
	p := c.packet
	l := line{ID: p.ID.String(), Why: c.why, To: c.to, Hash: p.Hash, Bytes: p.Bytes, Cut: !entries}
	if entries {
		l.Entries = p.Open()
	}
	b, err := json.Marshal(l)
	assert(err == nil, "a packet has no JSON form: %v", err)
	return append(b, '\n')
}

// done goes on after an operation; buried is called for each packet that is
// durable now.
func (d *deadFile) done(env node.Env, ev *node.Event, buried func(node.Env, *corpse)) {
	if ev.Token != d.token || d.token == 0 {
		return
	}
	d.token = 0
	if ev.Err != nil {
		d.torn = d.torn || d.op == deadAppend
		wait := min(deadWait<<min(d.tries, 10), deadWaitMax)
		d.tries++
		d.retry.by(env, env.Now()+wait)
		return
	}
	d.tries = 0
	switch d.op {
	case deadRead:
		d.known, d.size = true, len(ev.Data)
		d.torn = d.size > 0 && ev.Data[d.size-1] != '\n'
	case deadRename:
		d.size, d.torn = 0, false
	case deadAppend:
		d.size, d.torn = d.size+len(d.line), false
		written := d.waiting[:d.writing]
		d.waiting, d.writing, d.line = d.waiting[d.writing:], 0, nil
		for i := range written {
			buried(env, &written[i])
		}
	}
	d.next(env)
}

// abandon gives up what is not durable yet and returns it.
func (d *deadFile) abandon() []corpse {
	left := d.waiting
	d.waiting, d.writing, d.token = nil, 0, 0
	return left
}
