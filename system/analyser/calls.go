package analyser

import (
	"weir/system/message"
	"weir/system/node"
	"weir/system/record"
	"weir/system/store"
)

// What follows passes between the actors of one analyser with workers: the front
// gives tasks to workers, a worker's call asks the store to commit what it gathered,
// and the verdicts answer it. None of it leaves the node.

// task is a packet for a worker. lo is the highest low-watermark of its source that
// this analyser had heard of when the packet came.
type task struct {
	local
	re node.ReplyTo
	m  *message.Dispatch
	lo uint64
}

func (*task) Name() string { return "task" }

// Size counts the payload.
func (m *task) Size() int { return localSize + m.m.Packet.Bytes }

// Carries returns the packet, for a world that charges time for handling one.
func (m *task) Carries() *message.Packet { return m.m.Packet }

// call asks the store to commit these. The answer is verdicts, once all are decided
// and those that are committed are durable.
type call struct {
	local
	items []item
}

type item struct {
	m      *message.Dispatch // its AckedBelow is the task's lo
	effect *store.Effect
}

func (*call) Name() string { return "call" }

// Size leaves the payloads out: they are bounded where they are gathered.
func (m *call) Size() int { return localSize * (1 + len(m.items)) }

// verdict is what became of one item.
type verdict struct {
	status message.Status
	why    string
}

// verdicts answer a call, in its order. The counts are read from the store when the
// last of them was decided.
type verdicts struct {
	local
	list   []verdict
	counts counts
}

func (*verdicts) Name() string { return "verdicts" }

// counts are a store's totals: of its effects 1 to n, all durable.
type counts struct {
	n    uint64 // effects
	msgs uint64 // their messages, without those of effects that were lost
}

// state says whether one of the analyser's actors can commit.
type state struct {
	local
	ok bool
}

func (*state) Name() string { return "state" }

// knock finds out whether somebody is there.
type knock struct{ local }

func (*knock) Name() string { return "knock" }

// halt asks a worker to say atRest once it has handled so many tasks and owes no
// receipt, and the store once nothing waits for it.
type halt struct {
	local
	tasks uint64
}

func (*halt) Name() string { return "halt" }

type atRest struct {
	local
	poisoned uint64 // by a worker
}

func (*atRest) Name() string { return "at_rest" }

// local is what the messages within a node have in common: they leave no evidence.
type local struct{}

const localSize = 64

func (local) Class() node.Class     { return node.ClassData }
func (local) Size() int             { return localSize }
func (local) Describe(*record.Line) {}

// openCall is a call that is not answered yet.
type openCall struct {
	re   node.ReplyTo
	list []verdict
	left int
}

// open returns the items of a call as they wait for what becomes of them.
func (m *call) open(re node.ReplyTo) []waiting {
	c := &openCall{re: re, list: make([]verdict, len(m.items)), left: len(m.items)}
	list := make([]waiting, len(m.items))
	for i, x := range m.items {
		list[i] = waiting{who: asker{call: c, item: i}, m: x.m, effect: x.effect}
	}
	return list
}

// asked handles what reaches a store that workers share.
func (a *analyser) asked(env node.Env, ev *node.Event) {
	switch m := ev.Msg.(type) {
	case *call:
		for _, w := range m.open(ev.ReplyTo) {
			a.enter(env, w)
		}
		a.issue(env)
	case *halt:
		a.stop(env)
	}
}

// settle notes what became of one item of a call, and answers the call after the last.
func (a *analyser) settle(env node.Env, to asker, v verdict) {
	c := to.call
	c.list[to.item] = v
	if c.left--; c.left > 0 {
		return
	}
	answer := &verdicts{list: c.list}
	if a.store != nil {
		answer.counts = a.counts()
	}
	_, _ = env.Reply(c.re, answer)
}

// counts are what is durable: a batch that is made, under way or held is not counted.
func (a *analyser) counts() counts {
	c := counts{n: a.store.DurableN(), msgs: a.store.Messages()}
	for _, j := range a.batch.jobs {
		if j.number > c.n {
			c.msgs -= uint64(len(j.packet.Entries))
		}
	}
	return c
}

// report tells the front whether the store can commit, if that changed.
func (a *analyser) report(env node.Env) {
	ok := a.ready && !a.batch.held
	if a.front == (node.Addr{}) || ok == a.said {
		return
	}
	a.said = ok
	_, _ = env.Send(a.front, &state{ok: ok})
}
