package analyser

import (
	"time"

	"weir/system/message"
	"weir/system/node"
	"weir/system/store"
)

// askersMax bounds how many copies of one packet may wait for its commit.
const askersMax = 16

// asker awaits a receipt.
type asker struct {
	re      node.ReplyTo
	attempt uint32
	call    *openCall // of a worker: it is told instead, what it asked for here
	item    int
}

// job is a packet on its way into the store.
type job struct {
	packet *message.Packet
	lo     uint64
	effect *store.Effect // what it does; nil: not measured yet
	probe  bool          // a data probe: the same way, without an effect
	number uint64        // its commit number once it is in a batch
	sum    uint64        // of its messages, for the log
	askers []asker
	asker  [1]asker      // room for the first, mostly the only one
	since  time.Duration // when it was taken
}

// batch is one append to the store's log. There is at most one at a time; what
// comes meanwhile is gathered for the next.
type batch struct {
	jobs  []*job
	data  []byte     // frames; unchanged until the append succeeded
	token node.Token // of the append that runs, 0 if none does
	held  bool       // the disk failed: the batch waits to be tried again
	wait  backoff
	last  uint64 // highest commit number in it
}

// issue appends what is gathered, unless an append runs or is held.
func (a *analyser) issue(env node.Env) {
	if !a.ready || len(a.batch.jobs) > 0 || len(a.gather) == 0 {
		return
	}
	b := &a.batch
	assert(b.token == 0 && !b.held, "a batch begins when none runs")
	b.data, b.last = b.data[:0], 0
	n := min(len(a.gather), a.cfg.BatchMax)
	for _, j := range a.gather[:n] {
		a.bytes -= j.packet.Bytes
		switch {
		case j.probe:
			b.data = a.store.Probe(b.data)
		case a.store.Look(j.packet.ID, j.packet.Hash) == store.Below:
			// Its source had an outcome from elsewhere meanwhile.
			a.dup(env, j.packet.ID, "below")
			a.tell(env, j, message.StDuplicate, "below")
			continue
		default:
			b.data, j.number = a.commit(b.data, j)
			b.last = j.number
			j.sum = a.resultsSum()
			a.commits++
			a.measured.messages += uint64(len(j.packet.Entries))
		}
		b.jobs = append(b.jobs, j)
	}
	rest := copy(a.gather, a.gather[n:])
	clear(a.gather[rest:])
	a.gather = a.gather[:rest]
	if len(b.jobs) == 0 {
		a.issue(env) // at most PendingMax / BatchMax times
		return
	}
	a.append(env)
}

func (a *analyser) commit(b []byte, j *job) ([]byte, uint64) {
	if j.effect != nil {
		return a.store.CommitEffect(b, j.packet, j.effect)
	}
	return a.store.Commit(b, j.packet, j.lo)
}

// append writes the batch, for the first time or again.
func (a *analyser) append(env node.Env) {
	b := &a.batch
	assert(b.token == 0 && len(b.jobs) > 0, "one append at a time")
	b.token = env.Disk().Append(a.compact.log(), b.data, true)
	for _, j := range b.jobs {
		if !j.probe {
			ln := j.packet.ID.Log(env.Log("commit")).Int("n", int64(len(j.packet.Entries))).
				Hex32("h", j.packet.Hash).Uint("cs", j.number).Uint("op", uint64(b.token))
			a.addSum(ln, j.sum).End()
		}
	}
}

// appended handles the end of an append.
func (a *analyser) appended(env node.Env, err error) {
	b := &a.batch
	b.token = 0
	if err != nil {
		a.hold(env)
		return
	}
	b.held = false
	b.wait.reset()
	a.report(env)
	if b.last > 0 {
		a.store.Durable(b.last)
	}
	for _, j := range b.jobs {
		if !j.probe {
			a.measured.toCommit.Add(env.Now() - j.since)
		}
		a.tell(env, j, message.StCommitted, "")
	}
	a.measured.batches++
	clear(b.jobs)
	b.jobs = b.jobs[:0]
	a.compact.grown(env, a, len(b.data))
	a.issue(env)
	if a.stopping && a.rest() {
		a.exit(env)
	}
}

// hold keeps the batch for another try: its effects may be on the disk in part, so
// nothing else can take their numbers. Whoever waits is told at once.
func (a *analyser) hold(env node.Env) {
	b := &a.batch
	b.held = true
	a.report(env)
	for _, j := range b.jobs {
		a.tell(env, j, message.StUnavailable, "disk")
	}
	for _, j := range a.gather {
		a.bytes -= j.packet.Bytes
		if !j.probe {
			a.store.Withdraw(j.packet.ID)
		}
		a.tell(env, j, message.StUnavailable, "disk")
	}
	clear(a.gather)
	a.gather = a.gather[:0]
	env.After(b.wait.next(&a.cfg), keyAppend)
}

// tell answers everyone who waits for a job, once. After the first copy, the
// others are duplicates.
func (a *analyser) tell(env node.Env, j *job, st message.Status, why string) {
	for i, k := range j.askers {
		if i > 0 && st == message.StCommitted {
			st, why = message.StDuplicate, "seen"
		}
		if st == message.StDuplicate && why == "seen" {
			a.dup(env, j.packet.ID, why)
		}
		a.answer(env, k, j.packet.ID, st, why)
	}
	j.askers = j.askers[:0]
}
