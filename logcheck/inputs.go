package logcheck

import (
	"fmt"
	"slices"
)

// inputRule judges C16: every line of an emitter's inputs went out in a packet,
// and nothing else did. Ids cut from inputs have incarnation 0 and dense sequence
// numbers, so that a packet emitted again after a restart counts once. Memory: one
// entry an emitter and input.
type inputRule struct {
	Tally
	byNode map[Sym]*inputBook
	nodes  []*inputBook // in order of appearance
}

// inputBook is one emitter's account over all its incarnations.
type inputBook struct {
	node    Sym
	newest  uint64 // the highest sequence emitted
	emitted int64  // messages of the packets up to newest
	gap     Ref    // a packet that skipped a sequence number
	files   []inputEnd
	drained Ref
}

// inputEnd is what an emitter said of one input when it had read it.
type inputEnd struct {
	file string
	msgs int64
	err  bool // it said that it could not read everything, or that its journal was damaged
	at   Ref
}

func inputRules(c *Context) []Rule {
	return []Rule{&inputRule{Tally: Tally{Name: inputIDs[0]}, byNode: map[Sym]*inputBook{}}}
}

// Kinds implements Rule, as do the methods below.
func (u *inputRule) Kinds() KindSet { return Kinds(KindEmit, KindInput, KindDrained) }

func (u *inputRule) Feed(r *Record) {
	b := u.byNode[r.Node()]
	if b == nil {
		b = &inputBook{node: r.Node()}
		u.byNode[r.Node()] = b
		u.nodes = append(u.nodes, b)
	}
	switch r.Kind {
	case KindEmit:
		b.emit(r)
	case KindInput:
		end := inputEnd{r.Str(KeyFile), r.Int(KeyMsgs), r.Has(KeyErr), r.Ref()}
		i := slices.IndexFunc(b.files, func(e inputEnd) bool { return e.file == end.file })
		if i >= 0 {
			b.files[i] = end // said again after a restart
		} else {
			b.files = append(b.files, end)
		}
	case KindDrained:
		b.drained = r.Ref()
	}
}

func (b *inputBook) emit(r *Record) {
	id, ok := r.ID()
	if !ok || id.Inc != 0 || id.Seq <= b.newest {
		return
	}
	if id.Seq != b.newest+1 && !b.gap.valid() {
		b.gap = r.Ref()
	}
	b.newest = id.Seq
	if b.drained.valid() && b.drained.file != r.File {
		b.drained = Ref{} // it went on after a restart: its next account counts
	}
	b.emitted += r.Int(KeyN)
}

func (u *inputRule) Finish(*End) Result {
	var read int64
	for _, b := range u.nodes {
		if len(b.files) == 0 || !b.drained.valid() {
			continue
		}
		u.Case()
		refs := []Ref{b.gap}
		var lines int64
		whole := true
		for _, e := range b.files {
			lines += e.msgs
			whole = whole && !e.err
			refs = append(refs, e.at)
		}
		if !whole {
			u.Unknownf("an input was not read to its end, or its journal was damaged")
			continue
		}
		if b.gap.valid() || lines != b.emitted {
			u.Failf(append(refs, b.drained), "%d messages were read from inputs, %d went out in packets 1 to %d", lines, b.emitted, b.newest)
		}
		read += lines
	}
	u.note = fmt.Sprintf("%d messages were read from inputs, and all went out in packets", read)
	return u.Result()
}
