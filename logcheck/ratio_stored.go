package logcheck

// storedConfig is what a distributor's node must still know after a restart.
type storedConfig struct {
	ver    uint64
	ref    Ref
	file   *File
	spoilt bool // its disk lied or rotted: nothing is promised
}

func (o *overseer) storedAt(node Sym) *storedConfig {
	c := o.stored[node]
	if c == nil {
		c = &storedConfig{}
		o.stored[node] = c
	}
	return c
}

// judgeStored is R13 over a restart: where run.json promises that configurations
// persist, an incarnation begins with no older one than was accepted before.
func (o *overseer) judgeStored(s *site, c *confVersion) {
	k := o.storedAt(s.node)
	if o.ctx.Run.Distributor.Persist && k.file != nil && k.file != s.file && len(s.configs) == 0 && !k.spoilt && !s.unread {
		o.tally[ruleR13].Case()
		if c.ver < k.ver {
			o.tally[ruleR13].Failf([]Ref{k.ref, c.ref}, "the incarnation begins with configuration %d, %d was accepted before", c.ver, k.ver)
		}
	}
	k.ver, k.ref, k.file = c.ver, c.ref, s.file
}
